import { existsSync } from 'node:fs'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { startProgram, wheelseal } from '../support/program.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

let folder: { path: string; remove: () => Promise<void> }

/** In the order in which a first start makes them: before, during and after keys, repository, database and logs. */
const MADE = [
  '.',
  'lock.db',
  'keys/intermediate.pem',
  'keys/tuf.pem',
  'tuf/1.snapshot.json',
  'tuf/root.json',
  'wheelseal.db',
  'logs/ct/created',
  'logs/rekor/created',
  'instance.json',
  'run/admin.sock',
]

describe('kill -9 in the middle of a first start', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
  })
  afterAll(() => folder.remove())

  it.each(MADE)(
    'as soon as there is %s leaves a directory on which the next start is whole',
    async (name) => {
      const data = join(folder.path, String(MADE.indexOf(name)))
      const child = startProgram([wheelseal, 'up', '--data', data, '--listen', await ownAddress(), '--json'])
      child.stdout.resume()
      child.stderr.resume()
      const ended = once(child, 'exit')
      while (!existsSync(join(data, name))) await wait(1)
      child.kill('SIGKILL')
      expect(await ended).toEqual([null, 'SIGKILL'])
      const server = await startServer(data)
      expect(await server.admin('project', 'create', 'acme/tools')).toMatchObject({ id: 1 })
      expect(await (await fetch(`${server.url}/api/v1/log`)).json()).toMatchObject({ treeSize: 1 })
      expect(await server.stop()).toBe(0)
    },
  )
})
