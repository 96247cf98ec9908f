import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { startProgram, wheelseal } from '../support/program.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

let folder: { path: string; remove: () => Promise<void> }

/** Before, during and after the making of keys, repository, database and logs, on a machine of any speed. */
const AFTER_MS = [50, 150, 200, 250, 300, 350, 400, 500, 700, 1000]

describe('kill -9 in the middle of a first start', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
  })
  afterAll(() => folder.remove())

  it.each(AFTER_MS)('after %i ms leaves a directory on which the next start is whole', async (ms) => {
    const data = join(folder.path, String(ms))
    const child = startProgram([wheelseal, 'up', '--data', data, '--listen', await ownAddress(), '--json'])
    child.stdout.resume()
    child.stderr.resume()
    const ended = once(child, 'exit')
    await wait(ms)
    child.kill('SIGKILL')
    await ended
    const server = await startServer(data)
    expect(await server.admin('project', 'create', 'acme/tools')).toMatchObject({ id: 1 })
    expect(await (await fetch(`${server.url}/api/v1/log`)).json()).toMatchObject({ treeSize: 1 })
    expect(await server.stop()).toBe(0)
  })
})
