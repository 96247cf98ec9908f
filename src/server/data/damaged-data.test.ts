import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { encodeHex, utf8, WheelsealError } from '../../base/index.ts'
import { ownAddress } from '../../host/arrange.ts'
import { silentLog } from '../../host/index.ts'
import { withAdmin } from '../admin/admin.ts'
import { startServer, type RunningServer } from '../server.ts'

/** Everything of a whole directory that a user can meet again. */
interface Seen {
  readonly projects: readonly string[]
  readonly rekor: string
  readonly ct: string
  readonly root: string
  readonly trust: object
}

let folder: string
let whole: string
let data: string
let before: Seen
let count = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-damage-'))
  whole = join(folder, 'whole')
  data = whole
  const server = await start(await ownAddress())
  try {
    const { logs } = server.services.trust
    for (const name of ['a', 'b', 'c'])
      for (const log of [logs.rekor, logs.ct]) await log.append({ leaf: () => utf8(`{"leaf":"${name}"}`) })
    await withAdmin(data, (admin) => admin.createProject({ path: 'a/b', visibility: 'private' }))
    before = await look(server)
  } finally {
    await server.close()
  }
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  data = join(folder, String((count += 1)))
  await cp(whole, data, { recursive: true })
  await rm(join(data, 'run'), { recursive: true })
})

function start(listen?: string): Promise<RunningServer> {
  const anchor = join(folder, `anchor-${data === whole ? 'whole' : 'copy'}`)
  return startServer({ data, anchor, log: silentLog, ...(listen === undefined ? {} : { listen }) })
}

async function look({ services, data: path }: RunningServer): Promise<Seen> {
  const { logs, material } = services.trust
  const projects = await withAdmin(path, async (admin) =>
    Array.fromAsync(admin.projects(), (one) => one.path),
  )
  const head = async (log: typeof logs.rekor) => {
    const { size, root } = await log.head()
    return `${size} ${encodeHex(root)}`
  }
  return {
    projects,
    rekor: await head(logs.rekor),
    ct: await head(logs.ct),
    root: material.tufRoot,
    trust: material,
  }
}

type Damage = (file: string) => Promise<void>

const flipped = (at: (size: number) => number): Damage => {
  return async (file) => {
    const bytes = await readFile(file)
    const place = at(bytes.length)
    bytes[place] = (bytes[place] ?? 0) ^ 0x10
    await writeFile(file, bytes)
  }
}
const DAMAGES: Readonly<Record<string, Damage>> = {
  deleted: (file) => rm(file),
  emptied: (file) => truncate(file, 0),
  halved: async (file) => truncate(file, Math.floor((await readFile(file)).length / 2)),
  'flipped at the beginning': flipped(() => 0),
  'flipped in the middle': flipped((size) => size >> 1),
  'linked elsewhere': async (file) => {
    await rename(file, `${data}.elsewhere-${count}`)
    await symlink(`${data}.elsewhere-${count}`, file)
  },
  'made a folder': async (file) => {
    await rm(file)
    await mkdir(file)
  },
}

/** Where a start may go on, since what is there is derived or not needed; each is looked at below. */
async function startOrRefusal(): Promise<{ readonly seen: Seen } | { readonly refusal: unknown }> {
  let server: RunningServer
  try {
    server = await start()
  } catch (refusal) {
    return { refusal }
  }
  try {
    return server.reasons.length > 0 ? { refusal: server.reasons } : { seen: await look(server) }
  } finally {
    await server.close()
  }
}

const FILES = [
  'instance.json',
  'lock.db',
  'wheelseal.db',
  'certificates/authority.pem',
  'certificates/tsa.pem',
  'keys/intermediate.pem',
  'keys/ct.pem',
  'keys/issuer.pem',
  'keys/rekor.pem',
  'keys/root.pem',
  'keys/tsa.pem',
  'keys/tsa-root.pem',
  'keys/tuf.pem',
  'keys/tuf-root.pem',
  'keys/tuf-targets.pem',
  'logs/ct/created',
  'logs/ct/index.db',
  'logs/rekor/created',
  'logs/rekor/index.db',
  'tuf/root.json',
  'tuf/1.root.json',
  'tuf/timestamp.json',
  'tuf/1.snapshot.json',
  'tuf/1.targets.json',
]

describe('a start on a directory of which one file is damaged', () => {
  it.each(FILES.flatMap((file) => Object.keys(DAMAGES).map((how) => [file, how] as const)))(
    'is refused with file and reason, or finds all as it was: %s %s',
    async (file, how) => {
      await DAMAGES[how]!(join(data, file))
      const outcome = await startOrRefusal()
      if ('seen' in outcome) expect(outcome.seen).toEqual(before)
      else {
        expect(outcome.refusal).toBeInstanceOf(WheelsealError)
        expect((outcome.refusal as WheelsealError).code).not.toBe('storage.locked')
        expect((outcome.refusal as WheelsealError).message).toContain(join(data, file))
      }
    },
  )

  it.each(['rekor', 'ct'].flatMap((log) => Object.keys(DAMAGES).map((how) => [log, how] as const)))(
    'names the folder of a log whose write-ahead log is damaged, or goes on frozen: %s %s',
    async (log, how) => {
      const folderOfWal = join(data, 'logs', log, 'wal')
      for (const name of await readdir(folderOfWal)) await DAMAGES[how]!(join(folderOfWal, name))
      const outcome = await startOrRefusal()
      if ('seen' in outcome) expect(outcome.seen).toEqual(before)
      else if (Array.isArray(outcome.refusal))
        expect(String(outcome.refusal)).toMatch(/^(?:Rekor|CT log): the log has \d entries/)
      else expect(String(outcome.refusal)).toContain(join(data, 'logs', log))
    },
  )

  it('knows what it goes on without, and nothing more', async () => {
    const unharmed: string[] = []
    for (const file of FILES) {
      for (const how of ['deleted', 'emptied'] as const) {
        const path = join(data, file)
        const bytes = await readFile(path)
        await DAMAGES[how]!(path)
        if ('seen' in (await startOrRefusal())) unharmed.push(`${file} ${how}`)
        await writeFile(path, bytes, { mode: 0o600 })
      }
    }
    expect(unharmed).toEqual([
      'lock.db deleted',
      'lock.db emptied',
      'keys/root.pem deleted',
      'keys/tsa-root.pem deleted',
      'keys/tuf-root.pem deleted',
      'keys/tuf-targets.pem deleted',
      'logs/ct/created emptied',
      'logs/ct/index.db deleted',
      'logs/ct/index.db emptied',
      'logs/rekor/created emptied',
      'logs/rekor/index.db deleted',
      'logs/rekor/index.db emptied',
    ])
  })

  it.each(['deleted', 'emptied', 'halved', 'flipped in the middle'])(
    'looks at every target that clients fetch by TUF: %s',
    async (how) => {
      for (const name of await readdir(join(data, 'tuf', 'targets'))) {
        const file = join(data, 'tuf', 'targets', name)
        const bytes = await readFile(file)
        await DAMAGES[how]!(file)
        await expect(start()).rejects.toThrow(`targets/${name}`)
        await writeFile(file, bytes)
      }
    },
  )
})
