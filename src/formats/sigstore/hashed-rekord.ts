import * as v from 'valibot'
import {
  bytesEqual,
  canonicalJson,
  describeError,
  encodeBase64,
  encodeHex,
  parseJson,
  utf8,
  utf8Decode,
  type JsonValue,
  type WheelsealError,
} from '../../base/index.ts'
import { sigstoreErrors } from './errors.ts'
import { canonicalKeyPem } from './key-pem.ts'
import { base64Bytes, hexBytes, readShape } from './shape.ts'

export type DigestAlgorithm = 'sha256' | 'sha384' | 'sha512'

/** A signature over a digest, and the certificate or key that it verifies with (Rekor type hashedrekord 0.0.1). */
export interface HashedRekord {
  readonly algorithm: DigestAlgorithm
  readonly digest: Uint8Array
  /** As signed; DER for ECDSA. */
  readonly signature: Uint8Array
  /** One certificate or one public key, canonical: LF, 64 columns. */
  readonly publicKeyPem: string
}

const MAX_SIGNATURE_LENGTH = 8 * 1024
const MAX_KEY_LENGTH = 64 * 1024
const MAX_BODY_BYTES = 128 * 1024

const Hash = v.variant('algorithm', [
  v.strictObject({ algorithm: v.literal('sha256'), value: hexBytes(32) }),
  v.strictObject({ algorithm: v.literal('sha384'), value: hexBytes(48) }),
  v.strictObject({ algorithm: v.literal('sha512'), value: hexBytes(64) }),
])

/** Rekor, too, refuses members of `spec` that it does not know: what is not logged must not look as if it were. */
export const ProposedHashedRekord = v.strictObject({
  apiVersion: v.literal('0.0.1'),
  kind: v.literal('hashedrekord'),
  spec: v.strictObject({
    data: v.strictObject({ hash: Hash }),
    signature: v.strictObject({
      content: base64Bytes(MAX_SIGNATURE_LENGTH),
      publicKey: v.strictObject({ content: base64Bytes(MAX_KEY_LENGTH) }),
    }),
  }),
})

/**
 * A proposed entry as clients send it. The key may be PEM with CRLF or other columns; a chain of certificates is
 * refused. Throws `sigstore.proposed-entry`.
 */
export function parseHashedRekord(json: JsonValue): HashedRekord {
  const read = readShape(ProposedHashedRekord, json)
  if ('problem' in read) throw refused(read.problem)
  const { data, signature } = read.value.spec
  return {
    algorithm: data.hash.algorithm,
    digest: data.hash.value,
    signature: signature.content,
    publicKeyPem: canonicalKeyPem(signature.publicKey.content, 'spec.signature.publicKey.content'),
  }
}

/** The JSON that a client sends for the entry. */
export function proposedHashedRekord(entry: HashedRekord): JsonValue {
  const { algorithm, digest, signature, publicKeyPem: pem } = entry
  return {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm, value: encodeHex(digest) } },
      signature: { content: encodeBase64(signature), publicKey: { content: encodeBase64(utf8(pem)) } },
    },
  }
}

/** The bytes that are logged: RFC 8785, byte for byte what a stock Rekor v1 logs. */
export function hashedRekordBody(entry: HashedRekord): Uint8Array {
  return utf8(canonicalJson(proposedHashedRekord(entry)))
}

/** Reads the body of a logged entry; any other spelling than `hashedRekordBody`'s throws `sigstore.proposed-entry`. */
export function readHashedRekordBody(body: Uint8Array): HashedRekord {
  if (body.length > MAX_BODY_BYTES) throw refused(`a body of ${body.length} bytes is too large`)
  const entry = parseHashedRekord(readJson(body))
  if (!bytesEqual(hashedRekordBody(entry), body)) throw refused('the body is not canonical')
  return entry
}

function readJson(body: Uint8Array): JsonValue {
  try {
    return parseJson(utf8Decode(body))
  } catch (cause) {
    throw refused(`the body of the entry: ${describeError(cause)}`, cause)
  }
}

function refused(what: string, cause?: unknown): WheelsealError {
  return sigstoreErrors('sigstore.proposed-entry', what, { cause })
}
