import { hash } from 'node:crypto'
import { dsseSignedBytes, type DigestAlgorithm, type SealParts } from '../../formats/sigstore/index.ts'
import type { Artifact } from '../seal.ts'

/** What a signature must be over: the file, or the envelope that tells of it. */
export interface SignedContent {
  /** Undefined where only digests of the file are known. */
  readonly bytes: Uint8Array | undefined
  /** Undefined where it cannot be known. */
  digest(algorithm: DigestAlgorithm): Uint8Array | undefined
}

export function signedContent({ envelope }: SealParts, artifact: Artifact): SignedContent {
  if (envelope === undefined) {
    const { bytes } = artifact
    return { bytes, digest: (algorithm) => artifact[algorithm] ?? digestOf(bytes, algorithm) }
  }
  const bytes = dsseSignedBytes(envelope)
  return { bytes, digest: (algorithm) => digestOf(bytes, algorithm) }
}

function digestOf(bytes: Uint8Array | undefined, algorithm: DigestAlgorithm): Uint8Array | undefined {
  return bytes === undefined ? undefined : new Uint8Array(hash(algorithm, bytes, 'buffer'))
}
