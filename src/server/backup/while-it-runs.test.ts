import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { ownAddress } from '../../host/arrange.ts'
import { silentLog } from '../../host/index.ts'
import { startServer, type RunningServer } from '../server.ts'
import { makeBackup } from './backup.ts'
import { COPIED_FIRST } from './contents.ts'
import { copyFolder } from './copy.ts'

const root = await mkdtemp(join(tmpdir(), 'wheelseal-backup-'))
afterAll(() => rm(root, { recursive: true }))

let count = 0
let [folder, data, backup] = ['', '', '']
beforeEach(() => {
  folder = join(root, String((count += 1)))
  ;[data, backup] = [join(folder, 'data'), join(folder, 'backup')]
})

const listen = await ownAddress()

async function using<T>(use: (server: RunningServer) => Promise<T>): Promise<T> {
  const server = await startServer({ data, listen, log: silentLog })
  try {
    return await use(server)
  } finally {
    await server.close()
  }
}

async function store({ services: { access, registry } }: RunningServer): Promise<void> {
  const project = await access.createProject({ path: 'a/b' })
  const bytes = (async function* () {
    yield utf8('one')
  })()
  await registry.generic.put(project, { name: 'n', version: '1', fileName: 'one', bytes })
}

describe('a backup', () => {
  it('lets nobody else read the copy of the database while files are copied, whoever may list the folder', async () => {
    await mkdir(backup, { recursive: true, mode: 0o755 })
    const modes: number[] = []
    await using(async (server) => {
      await store(server)
      const onFile = (): void => void modes.push(statSync(join(backup, 'wheelseal.db.copying')).mode & 0o777)
      await makeBackup({ data, to: backup, onFile })
    })
    expect(modes).toEqual([0o600])
  })

  it('is not made in the data directory, by whatever name', async () => {
    await using(async () => {
      await symlink(data, join(folder, 'link'))
      for (const to of [data, join(data, 'x'), join(folder, 'link'), join(folder, 'link', 'keys', 'x')])
        await expect(makeBackup({ data, to })).rejects.toMatchObject({ code: 'server.backup-folder' })
      const real = makeBackup({ data: join(folder, 'link'), to: join(data, 'x') })
      await expect(real).rejects.toMatchObject({ code: 'server.backup-folder' })
    })
    expect(await readdir(data)).not.toContain('x')
  })

  it('leaves out what is just being written, which may be gone at any moment', async () => {
    await using(async () => {
      await writeFile(join(data, 'tuf', '.timestamp.json.0123456789ab.tmp'), '{')
      await makeBackup({ data, to: backup })
    })
    const names = await readdir(join(backup, 'tuf'))
    expect(names).toContain('timestamp.json')
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('has all that the TUF timestamp names, also where the server writes a newer one meanwhile', async () => {
    const [tuf, copy] = [join(folder, 'tuf'), join(folder, 'copy')]
    await mkdir(tuf, { recursive: true })
    // Whoever reads it waits until it is written.
    execFileSync('mkfifo', [join(tuf, 'timestamp.json')])
    const copied = copyFolder(tuf, copy, COPIED_FIRST['tuf'])
    const timestamp = await open(join(tuf, 'timestamp.json'), 'w')
    await writeFile(join(tuf, '2.snapshot.json'), 'snapshot 2')
    await timestamp.writeFile('names snapshot 2')
    await timestamp.close()
    await copied
    expect(await readFile(join(copy, 'timestamp.json'), 'utf8')).toBe('names snapshot 2')
    expect(await readdir(copy)).toContain('2.snapshot.json')
  })
})
