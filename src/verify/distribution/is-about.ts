import { bytesEqual, encodeHex } from '../../base/index.ts'
import { parseStatement, type SealParts, type Statement } from '../../formats/sigstore/index.ts'
import type { Artifact } from '../seal.ts'
import { signedContent } from '../signature/signed-content.ts'

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
  const known = signedContent({ signature: new Uint8Array(), entries: [] }, artifact).digest(digest.algorithm)
  return known === undefined || bytesEqual(known, digest.digest)
}

/** Of a statement; undefined where the payload is none, which the verdict says. */
export function subjectsOf(payload: Uint8Array): Statement['subjects'] | undefined {
  try {
    return parseStatement(payload).subjects
  } catch {
    return undefined
  }
}
