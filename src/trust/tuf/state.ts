import { bytesEqual, describeError, sha256Hex } from '../../base/index.ts'
import { isSignedByRole, readMetadata, type MetadataSummary, type TufRole } from '../../formats/tuf/index.ts'
import { tufRepositoryErrors } from './errors.ts'
import type { TufRepositoryStore } from './store.ts'

/** The documents that are served now. */
export type State = Readonly<Record<TufRole, MetadataSummary>>

interface Document extends MetadataSummary {
  readonly bytes: Uint8Array
}

/**
 * What is served, looked at in the order of a client (TUF specification 1.0.31 §5): a document that is not signed by the
 * keys of its role, or a target that is not the one in the list, is said at the start and by name, not found out by
 * clients. Expiry is not: what has expired is about to be renewed. Throws `tuf.missing` and `tuf.damaged`.
 */
export async function readState(store: TufRepositoryStore): Promise<State> {
  const root = await readDocument(store, 'root.json', 'root')
  const signed = async (name: string, role: TufRole): Promise<Document> => {
    const document = await readDocument(store, name, role)
    if (named(name, () => isSignedByRole(document.bytes, role, root.bytes))) return document
    throw damaged(name, `it is not signed by the key that root.json lists for ${role}`)
  }
  // §5.3: the root by its own keys, and every version that leads to it.
  await signed('root.json', 'root')
  await checkRoots(store, root)
  // §5.4: the timestamp.
  const timestamp = await signed('timestamp.json', 'timestamp')
  // §5.5: the snapshot that it names.
  const snapshot = await signed(`${versionOf(timestamp, 'snapshot.json')}.snapshot.json`, 'snapshot')
  // §5.6: the targets that the snapshot names.
  const targets = await signed(`${versionOf(snapshot, 'targets.json')}.targets.json`, 'targets')
  // §5.7: each target.
  await checkTargets(store, targets)
  return { root, targets, snapshot, timestamp }
}

async function readDocument(store: TufRepositoryStore, name: string, role: TufRole): Promise<Document> {
  const bytes = await read(store, name)
  return named(name, () => ({ ...readMetadata(bytes, role), bytes }))
}

/** Says in which file it is that something is malformed. */
function named<T>(name: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw damaged(name, describeError(cause), cause)
  }
}

async function read(store: TufRepositoryStore, name: string): Promise<Uint8Array> {
  const bytes = await store.read(name)
  if (bytes === undefined) throw tufRepositoryErrors('tuf.missing', `${name} is missing`)
  return bytes
}

function damaged(name: string, reason: string, cause?: unknown): Error {
  return tufRepositoryErrors('tuf.damaged', `${name}: ${reason}`, { cause })
}

/** §5.3.3: clients follow the versions one by one; the newest is the one that is also there without its number. */
async function checkRoots(store: TufRepositoryStore, root: Document): Promise<void> {
  for (let version = 1; version < root.version; version += 1) await read(store, `${version}.root.json`)
  const name = `${root.version}.root.json`
  if (!bytesEqual(await read(store, name), root.bytes)) throw damaged(name, 'it differs from root.json')
}

async function checkTargets(store: TufRepositoryStore, { targets }: Document): Promise<void> {
  for (const [target, { hashes }] of Object.entries(targets)) {
    const name = `targets/${hashes.sha256}.${target}`
    if (sha256Hex(await read(store, name)) !== hashes.sha256) throw damaged(name, 'its digest does not match')
  }
}

function versionOf({ meta }: MetadataSummary, name: string): number {
  const version = meta[name]?.version
  if (version === undefined) throw tufRepositoryErrors('tuf.missing', `${name}: its version is missing`)
  return version
}
