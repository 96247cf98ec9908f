import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '../../host/index.ts'
import { checkLogs } from '../admin/admin.ts'
import { startServer, type RunningServer } from '../server.ts'

let root: string
let data: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-fsck-'))
  data = join(root, 'data')
})
afterEach(() => rm(root, { recursive: true }))

const start = (): Promise<RunningServer> => startServer({ data, log: silentLog, listen: '127.0.0.1:0' })

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
    const names = await readdir(join(data, 'logs/rekor/wal'))
    expect(await checkLogs(data)).toMatchObject(whole)
    expect(await readdir(join(data, 'logs/rekor/wal'))).toEqual(names)
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
