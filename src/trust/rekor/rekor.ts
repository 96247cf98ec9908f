import { sign, type KeyObject } from 'node:crypto'
import { bytesEqual, encodeBase64, sha256, sha256Hex, utf8 } from '../../base/index.ts'
import { leafHash, verifyInclusion } from '../../formats/merkle/index.ts'
import { signCheckpoint } from '../../formats/note/index.ts'
import {
  formatEntryUuid,
  hashedRekordBody,
  parseEntryUuid,
  setSignedBytes,
  type LogEntry,
} from '../../formats/sigstore/index.ts'
import { publicKeyPem, spkiOf } from '../../formats/x509/index.ts'
import { logErrors, type TimeWindow, type TransparencyLog, type TreeHead } from '../../log/index.ts'
import { DuplicateEntryError, rekorErrors } from './errors.ts'
import type { Proposal, ProposedKey } from './proposal.ts'
import { searchKey, searchKeysOf } from './search-keys.ts'

export interface RekorParts {
  readonly log: TransparencyLog
  /** Private, ECDSA P-256. */
  readonly key: KeyObject
  /** Positive int64. */
  readonly treeId: bigint
  /** The host of the external URL; checkpoints carry it. */
  readonly name: string
  /** Undefined to let a certificate or key in, or why not. */
  readonly acceptsKey: (key: ProposedKey) => string | undefined
}

export interface LogInfo {
  readonly size: number
  readonly root: Uint8Array
  readonly checkpoint: string
}

export interface Rekor {
  readonly publicKeyPem: string
  /** Positive int64. */
  readonly treeId: bigint
  /** Durable when it resolves. Throws `rekor.signature`, `rekor.not-admitted`, `DuplicateEntryError`. */
  create(proposal: Proposal): Promise<LogEntry>
  /** By 64 or 80 hex digits; undefined also for what is no UUID of this tree. */
  byUuid(uuid: string): Promise<LogEntry | undefined>
  byIndex(index: number): Promise<LogEntry | undefined>
  /**
   * The entry that `create` made of exactly this proposal. Throws `rekor.signature` where it could be made of this one
   * but for its signatures; the signatures of other proposals are not checked.
   */
  find(proposal: Proposal): Promise<LogEntry | undefined>
  /** UUIDs of the first hundred entries with that text of `searchKeysOf`. */
  search(text: string): Promise<readonly string[]>
  info(): Promise<LogInfo>
  /** That the tree of `last` entries continues the one of `first`. Throws `log.range`. */
  consistency(first: number, last: number): Promise<ConsistencyProof>
}

export interface ConsistencyProof {
  /** Of the tree of `last` entries. */
  readonly root: Uint8Array
  readonly hashes: readonly Uint8Array[]
}

/**
 * Stands at index 0, since clients drop a zero index from their JSON and then refuse the entry: the log's own signature
 * over its origin, as an entry that any client can read.
 */
export function rekorGenesis({ key, ...names }: Pick<RekorParts, 'key' | 'name' | 'treeId'>): Uint8Array {
  const origin = utf8(originOf(names))
  return hashedRekordBody({
    algorithm: 'sha256',
    digest: sha256(origin),
    signature: new Uint8Array(sign('sha256', origin, key)),
    publicKeyPem: publicKeyPem(spkiOf(key)),
  })
}

export function createRekor(parts: RekorParts): Rekor {
  const { log } = parts
  const spki = spkiOf(parts.key)
  const context: Context = { ...parts, logId: sha256Hex(spki), checkpointOf: newestCheckpoint(parts) }
  const at = async (index: number | undefined): Promise<LogEntry | undefined> =>
    index === undefined ? undefined : describeEntry(context, index)
  return {
    publicKeyPem: publicKeyPem(spki),
    treeId: parts.treeId,
    create: (proposal) => create(context, proposal),
    byIndex: at,
    byUuid: async (text) => {
      const uuid = parseEntryUuid(text)
      if (uuid === undefined || (uuid.treeId !== undefined && uuid.treeId !== parts.treeId)) return undefined
      return at(await log.find(uuid.leafHash))
    },
    find: (proposal) => find(context, proposal),
    search: (text) => search(context, text),
    consistency: async (first, last) => ({
      root: (await log.headAt(last)).root,
      hashes: await log.consistencyProof(first, last),
    }),
    info: async () => {
      const head = await log.head()
      return { ...head, checkpoint: context.checkpointOf(head) }
    },
  }
}

interface Context extends RekorParts {
  /** Hex of SHA-256(SPKI). */
  readonly logId: string
  readonly checkpointOf: (head: TreeHead) => string
}

/** The steps are those of docs/design/log.md; 2 to 8 happen in `append`. */
async function create(context: Context, proposal: Proposal): Promise<LogEntry> {
  const { log, acceptsKey, treeId } = context
  // Step 1, cheap before dear: who may write, then whether it is there already, and only then the signatures.
  for (const key of proposal.keys) {
    const refusal = acceptsKey(key)
    if (refusal !== undefined) throw rekorErrors('rekor.not-admitted', refusal)
  }
  const body = proposal.body()
  const hash = leafHash(body)
  const known = await log.find(hash)
  if (known !== undefined) throw new DuplicateEntryError(formatEntryUuid(treeId, hash))
  proposal.checkSignatures()
  const window = windowOf(proposal.keys)
  const { index, isDuplicate } = await log.append({ leaf: body, ...(window === undefined ? {} : { window }) })
  if (isDuplicate) throw new DuplicateEntryError(formatEntryUuid(treeId, hash))
  // Step 9: proof, checkpoint and signed entry timestamp, from the committed head.
  const made = await describeEntry(context, index)
  if (made === undefined) throw new Error(`the committed entry ${index} is missing`)
  return made
}

/** When every certificate is valid: at another time no client accepts the entry. Undefined for bare keys. */
function windowOf(keys: readonly ProposedKey[]): TimeWindow | undefined {
  const windows = keys.flatMap(({ certificate }) => (certificate === undefined ? [] : [certificate]))
  if (windows.length === 0) return undefined
  return {
    fromMs: Math.max(...windows.map(({ notBeforeSeconds }) => notBeforeSeconds)) * 1000,
    untilMs: Math.min(...windows.map(({ notAfterSeconds }) => notAfterSeconds)) * 1000 + 999,
  }
}

/** Searches need no account, and some signatures cost ten milliseconds: they are checked last, and only by keys that may write here. */
async function find(context: Context, proposal: Proposal): Promise<LogEntry | undefined> {
  const { log, acceptsKey } = context
  const isAdmitted = (): boolean => proposal.keys.every((key) => acceptsKey(key) === undefined)
  // With several keys only the signatures tell which leaf it would be.
  if (proposal.keys.length > 1 && !isAdmitted()) return undefined
  const index = await log.find(leafHash(proposal.body()))
  if (index !== undefined) return describeEntry(context, index)
  if (isAdmitted()) proposal.checkSignatures()
  return undefined
}

const MAX_FOUND = 100

/** The index only says where to look: what an entry is found by is read from the entry. */
async function search({ log, treeId }: Context, text: string): Promise<readonly string[]> {
  const key = searchKey(text)
  const indexes = await log.findByKey(key, { from: 0, limit: MAX_FOUND })
  const entries = await Promise.all(indexes.map((index) => log.entry(index)))
  return entries.flatMap((entry) => {
    const isMeant = entry !== undefined && searchKeysOf(entry.leaf).some((one) => bytesEqual(one, key))
    return isMeant ? [formatEntryUuid(treeId, leafHash(entry.leaf))] : []
  })
}

async function describeEntry(context: Context, index: number): Promise<LogEntry | undefined> {
  const { log, treeId, key, logId } = context
  const entry = await log.entry(index)
  if (entry === undefined) return undefined
  const { leaf: body } = entry
  const head = await log.head()
  const hash = leafHash(body)
  const hashes = await log.inclusionProof(index, head.size)
  if (!verifyInclusion({ leafHash: hash, index, size: head.size, proof: hashes, root: head.root })) {
    throw logErrors(
      'log.corrupt',
      `the inclusion proof of entry ${index} does not give the root of ${head.size} entries`,
    )
  }
  const integratedTimeSeconds = Math.floor(entry.timeMs / 1000)
  const promise = {
    body: encodeBase64(body),
    integratedTime: integratedTimeSeconds,
    logId,
    logIndex: index,
  }
  return {
    uuid: formatEntryUuid(treeId, hash),
    body,
    integratedTimeSeconds,
    logId,
    logIndex: index,
    inclusionProof: {
      checkpoint: context.checkpointOf(head),
      hashes,
      logIndex: index,
      rootHash: head.root,
      treeSize: head.size,
    },
    signedEntryTimestamp: new Uint8Array(sign('sha256', setSignedBytes(promise), key)),
  }
}

/** Entries of one batch stand under one head, which is signed once. */
function newestCheckpoint({ name, treeId, key }: RekorParts): (head: TreeHead) => string {
  const origin = originOf({ name, treeId })
  let newest: { readonly head: TreeHead; readonly text: string } | undefined
  return ({ size, root }) => {
    if (newest?.head.size === size && bytesEqual(newest.head.root, root)) return newest.text
    const text = signCheckpoint({ origin, size, root }, { name, key })
    newest = { head: { size, root }, text }
    return text
  }
}

/** As Rekor names its trees in checkpoints. */
export function originOf({ name, treeId }: Pick<RekorParts, 'name' | 'treeId'>): string {
  return `${name} - ${treeId}`
}
