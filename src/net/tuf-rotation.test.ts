import type { KeyObject } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex, utf8Decode, type Http } from '../base/index.ts'
import {
  rootMetadata,
  signMetadata,
  snapshotMetadata,
  targetsMetadata,
  timestampMetadata,
  tufKey,
  type RoleKeys,
} from '../formats/tuf/index.ts'
import { DAY, makeRepository, newKey, type Made } from '../trust/tuf/arrange.ts'
import { patientClock } from './arrange.ts'
import { fetchTrustedRoot, type TufPorts, type TufSource } from './index.ts'

/** tuf-js looks at the clock itself. */
const NOW_SECONDS = Math.floor(Date.now() / 1000)
const URL = 'https://tuf.example'

let made: Made
let source: TufSource
let ports: TufPorts
beforeEach(async () => {
  made = await makeRepository({ at: NOW_SECONDS })
  const firstRoot = made.store.files.get('root.json')!
  source = { url: URL, firstRoot, firstRootSha256: sha256Hex(firstRoot) }
  ports = {
    cacheFolder: await mkdtemp(join(tmpdir(), 'wheelseal-tuf-')),
    http: { request: serveFiles },
    clock: { ...patientClock(), nowMs: () => NOW_SECONDS * 1000 },
  }
})
afterEach(() => rm(ports.cacheFolder, { recursive: true }))

const serveFiles: Http['request'] = async ({ url }) => {
  const found = made.store.files.get(url.slice(URL.length + 1))
  const bytes = found ?? new Uint8Array()
  return {
    status: found === undefined ? 404 : 200,
    headers: {},
    body: (async function* body() {
      yield bytes
    })(),
    bytes: async () => bytes,
    text: async () => utf8Decode(bytes),
  }
}

describe('another key for the targets', () => {
  it('is taken over at once, though a kept timestamp is valid and an update met the root alone', async () => {
    const trustedRoot = await fetchTrustedRoot(source, ports)
    const targetsKey = newKey()
    made.store.files.set('2.root.json', secondRoot(targetsKey))
    const halfway = fetchTrustedRoot({ ...source, isForced: true }, ports)
    await expect(halfway).rejects.toMatchObject({ code: 'net.tuf' })
    await expect(fetchTrustedRoot(source, ports)).rejects.toMatchObject({ code: 'net.tuf' })
    publishSecond(targetsKey)
    expect(await fetchTrustedRoot(source, ports)).toEqual(trustedRoot)
  })
})

const terms = { version: 2, expiresSeconds: NOW_SECONDS + 7 * DAY }

function secondRoot(targetsKey: KeyObject): Uint8Array {
  const only = (key: KeyObject): RoleKeys => ({ keys: [tufKey(key)], threshold: 1 })
  const [root, online] = [only(made.keys.root), only(made.keys.online)]
  const roles = { root, targets: only(targetsKey), snapshot: online, timestamp: online }
  return signMetadata(rootMetadata({ ...terms, roles }), [made.keys.root])
}

function publishSecond(targetsKey: KeyObject): void {
  const { targets, keys, store } = made
  store.files.set('2.targets.json', signMetadata(targetsMetadata({ ...terms, targets }), [targetsKey]))
  const snapshot = snapshotMetadata({ ...terms, targetsVersion: 2 })
  store.files.set('2.snapshot.json', signMetadata(snapshot, [keys.online]))
  const timestamp = timestampMetadata({ ...terms, snapshotVersion: 2 })
  store.files.set('timestamp.json', signMetadata(timestamp, [keys.online]))
}
