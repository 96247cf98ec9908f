import * as v from 'valibot'
import { encodeHex } from '../../base/index.ts'
import type { LoggedEntry } from './log-entry.ts'
import { base64Bytes } from './shape.ts'

const MAX_BODY_LENGTH = 6 << 20
const MAX_SIGNATURE_LENGTH = 1024
const MAX_CHECKPOINT_LENGTH = 64 * 1024
const MAX_PROOF_HASHES = 64
const MAX_NAME_LENGTH = 64

/** Protobuf's JSON has 64-bit numbers as text, and leaves out zeros. One spelling: decimal, no sign, no leading zero. */
const Count = v.pipe(
  v.optional(v.string(), '0'),
  v.regex(/^(?:0|[1-9][0-9]{0,15})$/, 'must be a string with a decimal number'),
  v.transform(Number),
  v.safeInteger(),
)
const Name = v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_NAME_LENGTH))
const Hash = v.pipe(
  base64Bytes(MAX_NAME_LENGTH),
  v.check((bytes) => bytes.length === 32, 'must be 32 bytes'),
)

const Proof = v.strictObject({
  logIndex: Count,
  rootHash: Hash,
  treeSize: Count,
  hashes: v.pipe(v.optional(v.array(Hash), []), v.maxLength(MAX_PROOF_HASHES)),
  checkpoint: v.strictObject({
    envelope: v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_CHECKPOINT_LENGTH)),
  }),
})

/** `TransparencyLogEntry` of protobuf-specs, sigstore_rekor.proto. */
export const BundleEntry = v.pipe(
  v.strictObject({
    logIndex: Count,
    logId: v.strictObject({ keyId: Hash }),
    kindVersion: v.strictObject({ kind: Name, version: Name }),
    integratedTime: v.nullish(Count, '0'),
    inclusionPromise: v.nullish(v.strictObject({ signedEntryTimestamp: base64Bytes(MAX_SIGNATURE_LENGTH) })),
    inclusionProof: v.nullish(Proof),
    canonicalizedBody: base64Bytes(MAX_BODY_LENGTH),
  }),
  v.transform(loggedEntry),
)

interface Decoded {
  readonly logIndex: number
  readonly logId: { readonly keyId: Uint8Array }
  readonly kindVersion: { readonly kind: string; readonly version: string }
  readonly integratedTime: number
  readonly inclusionPromise?: { readonly signedEntryTimestamp: Uint8Array } | null | undefined
  readonly inclusionProof?: v.InferOutput<typeof Proof> | null | undefined
  readonly canonicalizedBody: Uint8Array
}

function loggedEntry(entry: Decoded): LoggedEntry {
  const { inclusionPromise: promise, inclusionProof: proof, kindVersion } = entry
  return {
    kindVersion: `${kindVersion.kind} ${kindVersion.version}`,
    body: entry.canonicalizedBody,
    logId: encodeHex(entry.logId.keyId),
    logIndex: entry.logIndex,
    ...(promise ? { signedEntryTimestamp: promise.signedEntryTimestamp } : {}),
    // A time that the log did not sign proves nothing.
    ...(promise ? { integratedTimeSeconds: entry.integratedTime } : {}),
    ...(promise || entry.integratedTime === 0 ? {} : { unpromisedSeconds: entry.integratedTime }),
    ...(proof ? { inclusionProof: { ...proof, checkpoint: proof.checkpoint.envelope } } : {}),
  }
}
