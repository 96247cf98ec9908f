import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../base/index.ts'
import { ownAddress } from '../../host/arrange.ts'
import { silentLog } from '../../host/index.ts'
import { checkLogs } from '../admin/admin.ts'
import { startServer, type RunningServer } from '../server.ts'

let root: string
let data: string
let listen: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-fsck-'))
  data = join(root, 'data')
  listen = await ownAddress()
})
afterEach(() => rm(root, { recursive: true }))

/** Every file with its bytes' digest. */
async function listOf(folder: string): Promise<readonly (readonly [string, string])[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  return Promise.all(paths.toSorted().map(async (path) => [path, sha256Hex(await readFile(path))] as const))
}

const start = (): Promise<RunningServer> => startServer({ data, log: silentLog, listen })

const whole = [
  { name: 'ct', size: 1, problems: [] },
  { name: 'rekor', size: 1, problems: [] },
]

describe('checkLogs', () => {
  it('finds both logs whole in a running server, which goes on, and without one', async () => {
    const server = await start()
    expect(await checkLogs(data)).toMatchObject(whole)
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    await server.close()
    const before = await listOf(join(data, 'logs'))
    expect(await checkLogs(data)).toMatchObject(whole)
    expect(await listOf(join(data, 'logs'))).toEqual(before)
  })

  it('makes no index of keys where there is none: the next start does, from the log', async () => {
    await (await start()).close()
    const index = join(data, 'logs/rekor/index.db')
    await rm(index)
    expect(await checkLogs(data)).toMatchObject(whole)
    expect(existsSync(index)).toBe(false)
    await (await start()).close()
    expect(existsSync(index)).toBe(true)
  })

  it('leaves an index of another schema as it is', async () => {
    await (await start()).close()
    const index = join(data, 'logs/ct/index.db')
    await rm(index)
    const other = new DatabaseSync(index)
    other.exec('pragma journal_mode = wal; create table other (x)')
    other.close()
    const before = await readFile(index)
    expect(await checkLogs(data)).toMatchObject([
      { name: 'ct', size: 1, problems: [expect.stringMatching(/index of keys cannot be read.*log_mark/)] },
      whole[1],
    ])
    expect(await readFile(index)).toEqual(before)
  })

  it('reads what a server that was killed had committed to the index', async () => {
    const server = await start()
    await server.services.trust.logs.rekor.append({ leaf: Buffer.from('{}') })
    const killed = join(root, 'killed')
    await cp(data, killed, { recursive: true, filter: (path) => !path.endsWith('.sock') })
    await server.close()
    const before = await listOf(join(killed, 'logs'))
    expect(await checkLogs(killed)).toMatchObject([whole[0], { name: 'rekor', size: 2, problems: [] }])
    expect((await listOf(join(killed, 'logs'))).map(([name]) => name)).toEqual(before.map(([name]) => name))
  })

  it('reports a log that no server would open, and the other one too', async () => {
    await (await start()).close()
    const [segment = ''] = await readdir(join(data, 'logs/ct/wal'))
    await truncate(join(data, 'logs/ct/wal', segment), 20)
    await expect(start()).rejects.toMatchObject({ code: 'log.corrupt' })
    expect(await checkLogs(data)).toMatchObject([
      { name: 'ct', problems: ['the write-ahead log has no complete segment'] },
      whole[1],
    ])
  })

  it('reports an index of keys that is no database, and a log that is not there', async () => {
    await (await start()).close()
    await writeFile(join(data, 'logs/ct/index.db'), 'x'.repeat(5000))
    await rm(join(data, 'logs/rekor'), { recursive: true })
    expect(await checkLogs(data)).toMatchObject([
      {
        name: 'ct',
        size: 1,
        problems: [expect.stringMatching(/index of keys cannot be read.*not a database/)],
      },
      { name: 'rekor', problems: ['the log does not exist'] },
    ])
    expect(await readFile(join(data, 'logs/ct/index.db'), 'utf8')).toBe('x'.repeat(5000))
  })
})
