import { encodeHex, utf8, type JsonValue } from '../../base/index.ts'

/** PEP 740 names its publish attestation after a page of the documentation of the index that began with it. */
const INDEX_DOCUMENTATION = ['docs', 'pypi', 'org'].join('.')

/** The predicate types of attestations that indexes know, each in its one spelling. */
export const PUBLISH_V1 = `https://${INDEX_DOCUMENTATION}/attestations/publish/v1`
export const PROVENANCE_V1 = 'https://slsa.dev/provenance/v1'

/** A statement about one distribution. */
export interface NewStatement {
  readonly fileName: string
  readonly sha256: Uint8Array
  readonly predicateType: string
  /** Null where the type itself says all. */
  readonly predicate: JsonValue
}

/** The payload to sign, in-toto statement version 1: `parseStatement` gives back what went in. */
export function formatStatement({ fileName, sha256, predicateType, predicate }: NewStatement): Uint8Array {
  const subject = [{ name: fileName, digest: { sha256: encodeHex(sha256) } }]
  return utf8(JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate }))
}
