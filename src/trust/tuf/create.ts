import type { KeyObject } from 'node:crypto'
import type { Clock } from '../../base/index.ts'
import {
  rootMetadata,
  signMetadata,
  snapshotMetadata,
  targetPath,
  targetsMetadata,
  timestampMetadata,
  tufKey,
  type RoleKeys,
  type TargetFile,
} from '../../formats/tuf/index.ts'
import type { Lifetimes } from './lifetimes.ts'
import type { TufRepositoryStore } from './store.ts'

export interface NewTufRepository {
  readonly store: TufRepositoryStore
  /** P-256, private. Those of root and targets are not needed again until root or targets change. */
  readonly keys: {
    readonly root: KeyObject
    readonly targets: KeyObject
    /** Signs snapshots and timestamps. */
    readonly online: KeyObject
  }
  readonly targets: readonly TargetFile[]
  readonly clock: Clock
  readonly lifetimes: Lifetimes
}

/**
 * Writes version 1 of every document (TUF specification 1.0.31 §4, §6.2.1): what is named before what names it. Only for the first start of an instance: clients that know another root of this
 * URL trust nothing of it. A crash leaves files that the next call replaces.
 */
export async function createTufRepository(parts: NewTufRepository): Promise<void> {
  const { store, targets } = parts
  // §6.2.1: each target under its digest.
  for (const target of targets) await store.write(targetPath(target), target.bytes)
  const { root, ...others } = firstDocuments(parts)
  // §6.2.1: targets and snapshot under their versions, the timestamp without one.
  for (const [name, bytes] of Object.entries(others)) await store.write(name, bytes)
  // §6.2.1: every version of the root is kept; `root.json` is the newest, for clients that know none.
  await store.write('1.root.json', root)
  await store.write('root.json', root)
}

function firstDocuments({ keys, targets, clock, lifetimes }: NewTufRepository) {
  const now = clock.nowMs() / 1000
  const until = (seconds: number) => ({ version: 1, expiresSeconds: now + seconds })
  const online = only(keys.online)
  const roles = {
    root: only(keys.root),
    targets: only(keys.targets),
    snapshot: online,
    timestamp: online,
  }
  // §4.3 root, §4.5 targets, §4.4 snapshot, §4.6 timestamp.
  const root = rootMetadata({ ...until(lifetimes.rootSeconds), roles })
  const ofTargets = targetsMetadata({ ...until(lifetimes.targetsSeconds), targets })
  const snapshot = snapshotMetadata({ ...until(lifetimes.snapshotSeconds), targetsVersion: 1 })
  const timestamp = timestampMetadata({ ...until(lifetimes.timestampSeconds), snapshotVersion: 1 })
  return {
    root: signMetadata(root, [keys.root]),
    '1.targets.json': signMetadata(ofTargets, [keys.targets]),
    '1.snapshot.json': signMetadata(snapshot, [keys.online]),
    'timestamp.json': signMetadata(timestamp, [keys.online]),
  }
}

function only(key: KeyObject): RoleKeys {
  return { keys: [tufKey(key)], threshold: 1 }
}
