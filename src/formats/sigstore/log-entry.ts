import * as v from 'valibot'
import { encodeBase64, encodeHex, type JsonValue } from '../../base/index.ts'
import { parseEntryUuid } from './entry-uuid.ts'
import { sigstoreErrors } from './errors.ts'
import { base64Bytes, COUNT, hexBytes, readShape } from './shape.ts'

export interface LogInclusionProof {
  /** The signed note. */
  readonly checkpoint: string
  readonly hashes: readonly Uint8Array[]
  /** Inside its tree; differs from the entry's where a log has older shards. */
  readonly logIndex: number
  readonly rootHash: Uint8Array
  readonly treeSize: number
}

/** What is known of an entry; bundles leave out more than a log's own answer. Nothing in it is verified. */
export interface LoggedEntry {
  /** `hashedrekord 0.0.1`: what the bundle says the body is. */
  readonly kindVersion?: string
  /** 64 or 80 hex digits, where a log was asked. */
  readonly uuid?: string
  readonly body: Uint8Array
  /** Seconds; Rekor v2 states none. */
  readonly integratedTimeSeconds?: number
  /** A time that a bundle states and no log gave its word for: it proves nothing, and may contradict what is proved. */
  readonly unpromisedSeconds?: number
  /** Lower-case hex. */
  readonly logId: string
  readonly logIndex: number
  readonly inclusionProof?: LogInclusionProof
  /** ECDSA, DER; Rekor v2 makes none. */
  readonly signedEntryTimestamp?: Uint8Array
}

/** What a log says about one entry (LogEntryAnon of Rekor's openapi.yaml), decoded. Nothing in it is verified. */
export interface LogEntry extends LoggedEntry {
  /** 64 or 80 hex digits. */
  readonly uuid: string
  readonly body: Uint8Array
  readonly integratedTimeSeconds: number
  /** Lower-case hex of SHA-256 over the log's SPKI. */
  readonly logId: string
  readonly logIndex: number
  readonly inclusionProof: LogInclusionProof
  /** ECDSA, DER. */
  readonly signedEntryTimestamp: Uint8Array
}

const MAX_ENTRIES = 10
const MAX_PROOF_HASHES = 64
const MAX_CHECKPOINT_LENGTH = 64 * 1024
const MAX_BODY_LENGTH = 512 * 1024
const MAX_SIGNATURE_LENGTH = 1024

const HASH = hexBytes(32)

/** Members that are not named here are passed over, as Go's clients do: Rekor has added some before. */
const Anonymous = v.object({
  body: base64Bytes(MAX_BODY_LENGTH),
  integratedTime: COUNT,
  logID: HASH,
  logIndex: COUNT,
  verification: v.object({
    inclusionProof: v.object({
      checkpoint: v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_CHECKPOINT_LENGTH)),
      hashes: v.pipe(v.array(HASH), v.maxLength(MAX_PROOF_HASHES)),
      logIndex: COUNT,
      rootHash: HASH,
      treeSize: v.pipe(COUNT, v.minValue(1)),
    }),
    signedEntryTimestamp: base64Bytes(MAX_SIGNATURE_LENGTH),
  }),
})

const Uuid = v.pipe(
  v.string(),
  v.check((text) => parseEntryUuid(text) !== undefined, 'must be 64 or 80 hex digits'),
)
const Answer = v.record(Uuid, Anonymous)

/** `{"<uuid>": {…}}` with one member, as Rekor v1 answers to a new entry. Throws `sigstore.entry`. */
export function parseLogEntry(json: JsonValue): LogEntry {
  const read = readShape(Answer, json)
  if ('problem' in read) throw sigstoreErrors('sigstore.entry', read.problem)
  const [first, ...others] = Object.entries(read.value)
  if (first === undefined || others.length > 0) {
    throw sigstoreErrors(
      'sigstore.entry',
      `${others.length + (first === undefined ? 0 : 1)} log entries, one is expected`,
    )
  }
  return decode(...first)
}

/** The answer of `entries/retrieve`: a list of such maps, ten at most. Throws `sigstore.entry`. */
export function parseLogEntries(json: JsonValue): readonly LogEntry[] {
  if (!Array.isArray(json)) throw sigstoreErrors('sigstore.entry', 'the answer is not a list of entries')
  if (json.length > MAX_ENTRIES)
    throw sigstoreErrors('sigstore.entry', `${json.length} log entries in one answer are too many`)
  return json.map((one: JsonValue) => parseLogEntry(one))
}

function decode(uuid: string, entry: v.InferOutput<typeof Anonymous>): LogEntry {
  const { body, integratedTime, logID, logIndex, verification } = entry
  return {
    uuid,
    body,
    integratedTimeSeconds: integratedTime,
    logId: encodeHex(logID),
    logIndex,
    inclusionProof: verification.inclusionProof,
    signedEntryTimestamp: verification.signedEntryTimestamp,
  }
}

/** The map with one member that Rekor v1 answers. */
export function formatLogEntry(entry: LogEntry): JsonValue {
  const { checkpoint, hashes, logIndex, rootHash, treeSize } = entry.inclusionProof
  return {
    [entry.uuid]: {
      body: encodeBase64(entry.body),
      integratedTime: entry.integratedTimeSeconds,
      logID: entry.logId,
      logIndex: entry.logIndex,
      verification: {
        inclusionProof: {
          checkpoint,
          hashes: hashes.map(encodeHex),
          logIndex,
          rootHash: encodeHex(rootHash),
          treeSize,
        },
        signedEntryTimestamp: encodeBase64(entry.signedEntryTimestamp),
      },
    },
  }
}
