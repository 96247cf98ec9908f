/**
 * The renewal of snapshot and timestamp, by the sections of the TUF specification 1.0.31 that say how a repository updates
 * them. Root and targets are not renewed: their keys may be on another machine (§6.1).
 */
import type { KeyObject } from 'node:crypto'
import { isoTime, type Clock } from '../../base/index.ts'
import {
  readMetadata,
  signMetadata,
  snapshotMetadata,
  timestampMetadata,
  type MetadataSummary,
} from '../../formats/tuf/index.ts'
import type { Lifetimes } from './lifetimes.ts'
import type { State } from './state.ts'
import type { TufRepositoryStore } from './store.ts'

export interface RenewalParts {
  readonly store: TufRepositoryStore
  /** P-256, private: signs snapshots and timestamps. */
  readonly onlineKey: KeyObject
  readonly clock: Clock
  readonly lifetimes: Lifetimes
}

/**
 * What has less than half of its life left is signed anew. The snapshot is durable before a timestamp names it: after a
 * crash between the two there is a snapshot that no client asks for, and the next renewal writes it again.
 */
export async function renewDue(parts: RenewalParts, state: State): Promise<State> {
  const { clock, lifetimes } = parts
  const nowSeconds = clock.nowMs() / 1000
  const isDue = ({ expires }: MetadataSummary, lifeSeconds: number): boolean =>
    expires < isoTime(nowSeconds + lifeSeconds / 2)
  const isSnapshotDue = isDue(state.snapshot, lifetimes.snapshotSeconds)
  if (!isSnapshotDue && !isDue(state.timestamp, lifetimes.timestampSeconds)) return state
  const snapshot = isSnapshotDue ? await updateSnapshot(parts, state, nowSeconds) : state.snapshot
  const timestamp = await updateTimestamp(parts, { ...state, snapshot }, nowSeconds)
  return { ...state, snapshot, timestamp }
}

/** §6.3.2. */
async function updateSnapshot(
  { store, onlineKey, lifetimes }: RenewalParts,
  { snapshot, targets }: State,
  nowSeconds: number,
): Promise<MetadataSummary> {
  // §6.3.2 step 2: the version goes up by one; clients refuse one that went back (§5.5.5).
  const version = snapshot.version + 1
  const renewed = snapshotMetadata({
    version,
    expiresSeconds: nowSeconds + lifetimes.snapshotSeconds,
    // §6.3.2 step 1: the targets as they are. Length and hashes are not in use (§4.4).
    targetsVersion: targets.version,
  })
  // §6.3.2 step 3: the threshold of the role is one key.
  const bytes = signMetadata(renewed, [onlineKey])
  // §6.3.2 step 4: under its version, so that a client that reads the old one is not disturbed (§6.2.1).
  await store.write(`${version}.snapshot.json`, bytes)
  return readMetadata(bytes, 'snapshot')
}

/** §6.3.3. */
async function updateTimestamp(
  { store, onlineKey, lifetimes }: RenewalParts,
  { snapshot, timestamp }: State,
  nowSeconds: number,
): Promise<MetadataSummary> {
  const renewed = timestampMetadata({
    // §6.3.3 step 2: the version goes up by one; clients refuse one that went back (§5.4.3).
    version: timestamp.version + 1,
    expiresSeconds: nowSeconds + lifetimes.timestampSeconds,
    // §6.3.3 step 1: the newest snapshot. Length and hashes are not in use (§4.6).
    snapshotVersion: snapshot.version,
  })
  // §6.3.3 step 3: the threshold of the role is one key.
  const bytes = signMetadata(renewed, [onlineKey])
  // §6.3.3 step 4, which §6.2.1 excepts: the timestamp has no version in its name, and takes the place of the old one.
  await store.write('timestamp.json', bytes)
  return readMetadata(bytes, 'timestamp')
}
