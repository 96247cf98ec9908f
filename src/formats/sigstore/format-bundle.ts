import { decodeHex, encodeBase64, type JsonValue } from '../../base/index.ts'
import type { DigestAlgorithm } from './hashed-rekord.ts'
import type { LoggedEntry, LogInclusionProof } from './log-entry.ts'
import type { FileDigest, SealParts } from './seal-parts.ts'

const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const ALGORITHMS: Readonly<Record<DigestAlgorithm, string>> = {
  sha256: 'SHA2_256',
  sha384: 'SHA2_384',
  sha512: 'SHA2_512',
}

/** What a bundle of version 0.3 must have where a certificate signed the file itself. */
export interface BundleParts extends SealParts {
  readonly certificate: Uint8Array
  readonly digest: FileDigest
  readonly envelope?: never
}

/**
 * A bundle of version 0.3 (protobuf-specs, sigstore_bundle.proto): `parseBundle` gives back what went in. An entry must
 * have its kind and its proof.
 */
export function formatBundle({ signature, certificate, digest, entries, timestamps = [] }: BundleParts): {
  readonly [member: string]: JsonValue
} {
  const rfc3161Timestamps = timestamps.map((der) => ({ signedTimestamp: encodeBase64(der) }))
  return {
    mediaType: MEDIA_TYPE,
    verificationMaterial: {
      certificate: { rawBytes: encodeBase64(certificate) },
      tlogEntries: entries.map(formatEntry),
      ...(timestamps.length === 0 ? {} : { timestampVerificationData: { rfc3161Timestamps } }),
    },
    messageSignature: {
      messageDigest: { algorithm: ALGORITHMS[digest.algorithm], digest: encodeBase64(digest.digest) },
      signature: encodeBase64(signature),
    },
  }
}

/** Also what an attestation of PEP 740 holds. */
export function formatEntry(entry: LoggedEntry): JsonValue {
  const [kind, version] = entry.kindVersion?.split(' ') ?? []
  const { inclusionProof: proof, signedEntryTimestamp: promise, integratedTimeSeconds: time } = entry
  if (kind === undefined || version === undefined || proof === undefined)
    throw new TypeError('an entry without its kind or its proof')
  return {
    logIndex: `${entry.logIndex}`,
    logId: { keyId: hexToBase64(entry.logId) },
    kindVersion: { kind, version },
    ...(time === undefined ? {} : { integratedTime: `${time}` }),
    ...(promise === undefined ? {} : { inclusionPromise: { signedEntryTimestamp: encodeBase64(promise) } }),
    inclusionProof: formatProof(proof),
    canonicalizedBody: encodeBase64(entry.body),
  }
}

/** Protobuf's JSON has 64-bit numbers as text. */
function formatProof({ logIndex, rootHash, treeSize, hashes, checkpoint }: LogInclusionProof): JsonValue {
  return {
    logIndex: `${logIndex}`,
    rootHash: encodeBase64(rootHash),
    treeSize: `${treeSize}`,
    hashes: hashes.map(encodeBase64),
    checkpoint: { envelope: checkpoint },
  }
}

function hexToBase64(hex: string): string {
  return encodeBase64(decodeHex(hex))
}
