import { createHash } from 'node:crypto'
import { bytesEqual, encodeHex } from '../../base/index.ts'
import { parseStatement, type SealParts, type Statement } from '../../formats/sigstore/index.ts'
import type { Artifact } from '../../verify/index.ts'

/**
 * Whether one of several seals is about this file; what does not say so clearly is, and then must hold. No verdict: what
 * is about the file is verified afterwards.
 */
export function isAbout({ envelope, digest }: SealParts, artifact: Artifact): boolean {
  if (envelope !== undefined) {
    const sha256 = encodeHex(artifact.sha256)
    const subjects = subjectsOf(envelope.payload)
    return subjects === undefined || subjects.some(({ digests }) => Object.values(digests).includes(sha256))
  }
  if (digest === undefined) return true
  const known = artifact[digest.algorithm] ?? digestOf(artifact.bytes, digest.algorithm)
  return known === undefined || bytesEqual(known, digest.digest)
}

/** Undefined where the payload is no statement, which the verdict says. */
export function subjectsOf(payload: Uint8Array): Statement['subjects'] | undefined {
  try {
    return parseStatement(payload).subjects
  } catch {
    return undefined
  }
}

function digestOf(bytes: Uint8Array | undefined, algorithm: string): Uint8Array | undefined {
  return bytes === undefined ? undefined : new Uint8Array(createHash(algorithm).update(bytes).digest())
}
