/** For tests only: what an instance is trusted for, and a repository in memory whose clock the test moves. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Clock, Log } from '../../base/index.ts'
import type { InstanceTrust } from '../../formats/sigstore/index.ts'
import { silentLog, systemEntropy } from '../../host/index.ts'
import { createCertificateAuthority } from '../authority/index.ts'
import { createTimestampAuthority } from '../tsa/index.ts'
import { createTufRepository, type NewTufRepository } from './create.ts'
import { openTufRepository, type TufRepository } from './repository.ts'
import type { TufRepositoryStore } from './store.ts'
import { sigstoreTargets } from './targets.ts'

export const DAY = 86_400
export const START = 1_900_000_000
export const lifetimes = {
  rootSeconds: 3650 * DAY,
  targetsSeconds: 3650 * DAY,
  snapshotSeconds: 40 * DAY,
  timestampSeconds: 8 * DAY,
}

export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

function clockAt(seconds: number): Clock & { seconds: number } {
  const clock = {
    seconds,
    nowMs: () => clock.seconds * 1000 + 999,
    sleep: () => Promise.reject(new Error('no sleep')),
  }
  return clock
}

export function makeTrust(seconds = START, url = 'http://127.0.0.1:7711'): InstanceTrust {
  const parts = { clock: clockAt(seconds), entropy: systemEntropy, name: new URL(url).host }
  const authority = createCertificateAuthority(parts)
  const timestamps = createTimestampAuthority(parts)
  return {
    url,
    chain: [authority.intermediate.certificate, authority.root.certificate],
    rekor: spkiOf(newKey()),
    ct: spkiOf(newKey()),
    tsaChain: [timestamps.leaf.certificate, timestamps.root.certificate],
    validFromSeconds: seconds,
  }
}

export function memoryStore(): TufRepositoryStore & { readonly files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>()
  return {
    files,
    read: async (name) => files.get(name),
    write: async (name, bytes) => void files.set(name, bytes),
  }
}

export interface Made extends NewTufRepository {
  readonly store: ReturnType<typeof memoryStore>
  readonly clock: Clock & { seconds: number }
  open(changes?: { log?: Log; onlineKey?: KeyObject; store?: TufRepositoryStore }): Promise<TufRepository>
}

export async function makeRepository(
  changes: Partial<NewTufRepository> & { at?: number } = {},
): Promise<Made> {
  const { at = START, ...others } = changes
  const parts = {
    keys: { root: newKey(), targets: newKey(), online: newKey() },
    targets: sigstoreTargets(makeTrust(at)),
    lifetimes,
    ...others,
    store: memoryStore(),
    clock: clockAt(at),
  }
  await createTufRepository(parts)
  return {
    ...parts,
    open: (opened) =>
      openTufRepository({ ...parts, onlineKey: parts.keys.online, log: silentLog, ...opened }),
  }
}

function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }))
}
