import * as v from 'valibot'
import { describeError, encodeHex, parseJson, utf8, utf8Decode, type JsonValue } from '../../base/index.ts'
import { sigstoreErrors } from './errors.ts'
import { readShape } from './shape.ts'

/** The one payload type of envelopes that are verified here. */
export const IN_TOTO = 'application/vnd.in-toto+json'

/** PEP 740 names its publish attestation after a page of the documentation of the index that began with it. */
const INDEX_DOCUMENTATION = ['docs', 'pypi', 'org'].join('.')

/** The predicate types of attestations that indexes know, each in its one spelling. */
export const PUBLISH_V1 = `https://${INDEX_DOCUMENTATION}/attestations/publish/v1`
export const PROVENANCE_V1 = 'https://slsa.dev/provenance/v1'

/** What an attestation is about. Nothing in it is verified. */
export interface Statement {
  readonly subjects: readonly {
    readonly name: string
    /** By algorithm, in hex. */
    readonly digests: Readonly<Record<string, string>>
  }[]
  readonly predicateType: string
  readonly predicate: JsonValue
}

const STATEMENT_V1 = 'https://in-toto.io/Statement/v1'
const MAX_SUBJECTS = 1024
const MAX_TEXT = 4096
const MAX_STATEMENT_LENGTH = 6 << 20
const Text = v.pipe(v.string(), v.maxLength(MAX_TEXT))

/** in-toto attestation framework; version 0.1 differs in nothing that is read here. Subjects may have more members. */
const InToto = v.object({
  _type: v.picklist([STATEMENT_V1, 'https://in-toto.io/Statement/v0.1']),
  subject: v.pipe(
    v.array(v.object({ name: v.optional(Text, ''), digest: v.record(Text, Text) })),
    v.minLength(1),
    v.maxLength(MAX_SUBJECTS),
  ),
  predicateType: v.pipe(Text, v.nonEmpty()),
  predicate: v.optional(v.unknown(), null),
})

/** A statement about one distribution. */
export interface NewStatement {
  readonly fileName: string
  readonly sha256: Uint8Array
  readonly predicateType: string
  /** Null where the type itself says all. */
  readonly predicate: JsonValue
}

/** The payload to sign, version 1: `parseStatement` gives back what went in. */
export function formatStatement({ fileName, sha256, predicateType, predicate }: NewStatement): Uint8Array {
  const subject = [{ name: fileName, digest: { sha256: encodeHex(sha256) } }]
  return utf8(JSON.stringify({ _type: STATEMENT_V1, subject, predicateType, predicate }))
}

/** Throws `sigstore.statement`. */
export function parseStatement(payload: Uint8Array): Statement {
  const read = readShape(InToto, readJson(payload))
  if ('problem' in read) throw sigstoreErrors('sigstore.statement', `not a statement: ${read.problem}`)
  const { subject, predicateType, predicate } = read.value
  return {
    subjects: subject.map(({ name, digest }) => ({ name, digests: digest })),
    predicateType,
    predicate: predicate as JsonValue,
  }
}

function readJson(payload: Uint8Array): JsonValue {
  try {
    return parseJson(utf8Decode(payload), { maxLength: MAX_STATEMENT_LENGTH })
  } catch (cause) {
    throw sigstoreErrors('sigstore.statement', `not a statement: ${describeError(cause)}`, { cause })
  }
}
