import * as v from 'valibot'
import { describeError, parseJson, utf8Decode, type JsonValue } from '../../base/index.ts'
import { sigstoreErrors } from './errors.ts'
import { NO_LIST, readShape } from './shape.ts'

/** The one payload type of envelopes that are verified here. */
export const IN_TOTO = 'application/vnd.in-toto+json'

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

const MAX_SUBJECTS = 1024
const MAX_DIGESTS = 32
const MAX_TEXT = 4096
const MAX_STATEMENT_LENGTH = 24 << 20
const Text = v.pipe(v.string(), v.maxLength(MAX_TEXT))

/** ResourceDescriptor of the in-toto attestation framework. */
const Subject = v.strictObject({
  name: v.optional(Text, ''),
  digest: v.pipe(
    v.record(Text, Text),
    v.check((digests) => Object.keys(digests).length <= MAX_DIGESTS, `has more than ${MAX_DIGESTS} digests`),
  ),
  uri: v.optional(v.unknown()),
  content: v.optional(v.unknown()),
  downloadLocation: v.optional(v.unknown()),
  mediaType: v.optional(v.unknown()),
  annotations: v.optional(v.unknown()),
})

/**
 * in-toto attestation framework; version 0.1 differs in nothing that is read here. Other members are refused, as
 * sigstore-go does it: their reader may find in them what was not verified here.
 */
const InToto = v.strictObject({
  _type: v.picklist(['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']),
  subject: v.pipe(v.array(Subject), v.minLength(1), v.maxLength(MAX_SUBJECTS)),
  predicateType: v.pipe(Text, v.nonEmpty()),
  predicate: v.nullish(v.pipe(v.unknown(), NO_LIST, v.looseObject({})), null),
})

/** Throws `sigstore.statement`. */
export function parseStatement(payload: Uint8Array): Statement {
  const read = readShape(InToto, readJson(payload))
  if ('problem' in read)
    throw sigstoreErrors('sigstore.statement', `not an in-toto statement: ${read.problem}`)
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
    throw sigstoreErrors('sigstore.statement', `not an in-toto statement: ${describeError(cause)}`, { cause })
  }
}
