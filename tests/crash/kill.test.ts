import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withAdmin } from '../../src/app/index.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'
import { writes, type Acknowledged } from './client.ts'

/** After so many acknowledged writes of one life the server is killed, with three more writes under way. */
const KILL_AFTER = [1, 2, 3, 4, 5, 6, 7, 9, 11, 13]
const WRITERS = 3

let folder: { path: string; remove: () => Promise<void> }
let data: string
let server: Server
let token: string
let projectId: number
const kept: Acknowledged[] = []

describe('kill -9 of wheelseal up', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    data = join(folder.path, 'data')
    server = await startServer(data)
    projectId = Number((await server.admin('project', 'create', 'acme/tools'))['id'])
    token = String((await server.admin('token', 'create', '--user', 'ada', '--scope', 'api'))['token'])
  })
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  it.each(KILL_AFTER)(
    'after %i acknowledged writes loses none of all that were acknowledged before',
    { timeout: 60_000 },
    async (count) => {
      await writeUntilKilled(count)
      server = await startServer(data)
      const wrong = await Promise.all(kept.map(async (one) => ({ what: one.what, wrong: await one.check() })))
      expect(wrong.filter((one) => one.wrong !== undefined)).toEqual([])
      expect(wrong.length).toBeGreaterThanOrEqual(count)
    },
  )
})

async function writeUntilKilled(count: number): Promise<void> {
  await withAdmin(data, async (admin) => {
    const client = { url: server.url, projectId, token, admin }
    let acknowledged = 0
    let killed: Promise<void> | undefined
    const write = async (first: number): Promise<void> => {
      for (let turn = first; killed === undefined; turn += 1) {
        const done = await writes[turn % writes.length]!(client).catch((error: unknown) => {
          if (killed === undefined) throw error
        })
        if (done === undefined) return
        kept.push(done)
        acknowledged += 1
        if (acknowledged >= count) killed ??= server.kill()
      }
    }
    await Promise.all(Array.from({ length: WRITERS }, (_, index) => write(index + count)))
    await killed
  })
}
