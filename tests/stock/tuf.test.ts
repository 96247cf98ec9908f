import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  rootMetadata,
  signMetadata,
  targetsMetadata,
  tufKey,
  type RoleKeys,
} from '../../src/formats/tuf/index.ts'
import { listen, type Listening } from '../../src/http/server.ts'
import { tufRoutes } from '../../src/http/tuf.ts'
import { DAY, lifetimes, makeRepository, newKey, type Made } from '../../src/trust/tuf/arrange.ts'
import type { TufRepository } from '../../src/trust/tuf/index.ts'
import { present } from '../support/judges.ts'
import type { Outcome } from '../support/program.ts'
import { tufClients, type TufClient } from '../support/tuf-clients.ts'

const NOW = Math.floor(Date.now() / 1000)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-tuf-clients-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each(Object.entries<TufClient>(tufClients))('%s', (_name, client) => {
  describe.runIf(present(...client.needs))('refreshing from nothing', () => {
    it('takes every target, without a warning', async () => {
      const made = await makeRepository({ at: NOW })
      const { code, stdout, stderr } = await refresh(client, made)
      expect(stderr).not.toMatch(/warn|error|skipp|not configured/i)
      expect(code).toBe(0)
      if (client.namesTargets) for (const { name } of made.targets) expect(stdout + stderr).toContain(name)
    })

    it('follows a renewed snapshot and timestamp', async () => {
      const made = await makeRepository({ at: NOW - 39 * DAY })
      const { path } = await newHome()
      made.clock.seconds = NOW
      const repository = await made.open()
      expect((await refresh(client, made, { path, repository })).code).toBe(0)
      made.clock.seconds = NOW + 5 * DAY
      expect((await refresh(client, made, { path, repository })).code).toBe(0)
      expect(repository.status().find(({ role }) => role === 'timestamp')?.version).toBe(3)
    })

    it('refuses a timestamp that has expired', async () => {
      const made = await makeRepository({ at: NOW - 9 * DAY })
      await refused(refresh(client, made), /expired/i)
    })

    it('refuses targets that have expired', async () => {
      const made = await makeRepository({
        at: NOW - 9 * DAY,
        lifetimes: { ...lifetimes, targetsSeconds: DAY },
      })
      made.clock.seconds = NOW
      const repository = await made.open()
      await refused(refresh(client, made, { repository }), /targets[^]*expired/i)
    })

    it('refuses a timestamp with fewer signatures than the threshold', async () => {
      const made = await makeRepository({ at: NOW })
      const two = { keys: [tufKey(made.keys.online), tufKey(newKey())], threshold: 2 }
      await replaceRoot(made, { timestamp: two })
      await refused(refresh(client, made), /threshold|signatures|quorum|signed by 1\/2/i)
    })

    it('refuses targets that the online key has signed', async () => {
      const made = await makeRepository({ at: NOW })
      const forged = targetsMetadata({ version: 1, expiresSeconds: NOW + DAY, targets: [] })
      await made.store.write('1.targets.json', signMetadata(forged, [made.keys.online]))
      await refused(refresh(client, made), /signature|key|verif/i)
    })

    it('refuses a target with other bytes', async () => {
      const made = await makeRepository({ at: NOW })
      const name = [...made.store.files.keys()].find((path) => path.endsWith('.trusted_root.json'))
      const bytes = Uint8Array.from(made.store.files.get(name!)!)
      bytes[100]! ^= 1
      await made.store.write(name!, bytes)
      await refused(refresh(client, made), /hash|length|mismatch|digest/i)
    })

    it('refuses a repository under another root', async () => {
      const [made, other] = [await makeRepository({ at: NOW }), await makeRepository({ at: NOW })]
      const root = other.store.files.get('root.json')!
      await refused(refresh(client, made, { root }), /signature|key|verif/i)
    })
  })
})

interface Attempt {
  /** The folder that the client keeps. */
  readonly path?: string
  readonly repository?: TufRepository
  readonly root?: Uint8Array
}

/** A repository that is not opened is served as its files are: nothing is renewed. */
async function refresh(client: TufClient, made: Made, attempt: Attempt = {}): Promise<Outcome> {
  const home = attempt.path ?? (await newHome()).path
  const root = join(home, 'given-root.json')
  await writeFile(root, attempt.root ?? made.store.files.get('root.json')!)
  const server = await serve(attempt.repository ?? asFiles(made))
  try {
    const mirror = `http://127.0.0.1:${server.port}/tuf`
    return await client.refresh({ mirror, root, home, names: made.targets.map(({ name }) => name) })
  } finally {
    await server.close(0)
  }
}

function asFiles(made: Made): TufRepository {
  return {
    read: (path) => made.store.read(path),
    renew: async () => undefined,
    status: () => [],
    target: async () => undefined,
    lists: () => true,
  }
}

function serve(repository: TufRepository): Promise<Listening> {
  return listen(tufRoutes(repository), { host: '127.0.0.1', port: 0 })
}

async function newHome(): Promise<{ path: string }> {
  return { path: await mkdtemp(join(folder, 'home-')) }
}

async function replaceRoot(made: Made, changes: { timestamp: RoleKeys }): Promise<void> {
  const only = (key: Made['keys']['root']): RoleKeys => ({ keys: [tufKey(key)], threshold: 1 })
  const { root, targets, online } = made.keys
  const roles = { root: only(root), targets: only(targets), snapshot: only(online), ...changes }
  const bytes = signMetadata(rootMetadata({ version: 1, expiresSeconds: NOW + DAY, roles }), [root])
  for (const name of ['root.json', '1.root.json']) await made.store.write(name, bytes)
}

async function refused(outcome: Promise<Outcome>, reason: RegExp): Promise<void> {
  const { code, stderr } = await outcome
  expect(code).toBe(1)
  expect(stderr).toMatch(reason)
}
