import * as v from 'valibot'
import { describeError, encodeHex, parseJson, sha256, utf8Decode, type JsonValue } from '../../base/index.ts'
import { parseCertificatesPem, parsePublicKeyPem } from '../x509/index.ts'
import { CertificateBytes, PayloadBytes, SignatureBytes, SignedEnvelope } from './bundle.ts'
import { sigstoreErrors } from './errors.ts'
import type { SealParts } from './seal-parts.ts'
import { base64Bytes, COUNT, hexBytes, readShape } from './shape.ts'

const MAX_BODY_LENGTH = 512 * 1024
const MAX_ENVELOPE_LENGTH = 6 << 20
/** Go reads whole numbers as digits alone: `1e0` and `1.0` are none to it, and cosign refuses the file. */
const PLAIN_COUNTS = [/"integratedTime"\s*:\s*\d+\s*[,}]/, /"logIndex"\s*:\s*\d+\s*[,}]/]

/** `LocalSignedPayload` of cosign. The entry comes without a proof: the log's promise is all there is. */
const CosignBundle = v.strictObject({
  base64Signature: PayloadBytes,
  cert: v.optional(CertificateBytes),
  rekorBundle: v.strictObject({
    SignedEntryTimestamp: SignatureBytes,
    Payload: v.strictObject({
      body: base64Bytes(MAX_BODY_LENGTH),
      integratedTime: COUNT,
      logIndex: COUNT,
      logID: hexBytes(32),
    }),
  }),
})

/**
 * What `cosign sign-blob --bundle` and `attest-blob --bundle` wrote before the common format (cosign 2; 3 with
 * `--new-bundle-format=false`): `{"base64Signature":…,"cert":…,"rekorBundle":…}`. Throws `sigstore.bundle`.
 */
export function parseCosignBundle(json: JsonValue, text: string): SealParts {
  const read = readShape(CosignBundle, json)
  if ('problem' in read) throw sigstoreErrors('sigstore.bundle', `not a cosign bundle: ${read.problem}`)
  if (!PLAIN_COUNTS.every((pattern) => pattern.test(text)))
    throw sigstoreErrors('sigstore.bundle', 'not a cosign bundle: a number is not written in digits alone')
  const { base64Signature: signed, cert, rekorBundle } = read.value
  const { body, integratedTime, logIndex, logID } = rekorBundle.Payload
  const entry = {
    body,
    integratedTimeSeconds: integratedTime,
    logId: encodeHex(logID),
    logIndex,
    signedEntryTimestamp: rekorBundle.SignedEntryTimestamp,
  }
  const certificate = cert === undefined ? undefined : leafOf(cert)
  return {
    format: 'cosign bundle',
    ...signedContent(signed),
    ...(certificate === undefined ? {} : { certificate }),
    entries: [entry],
    timestamps: [],
  }
}

/** `attest-blob` writes its whole envelope where `sign-blob` writes the signature. */
function signedContent(bytes: Uint8Array): Pick<SealParts, 'signature' | 'envelope'> {
  const json = readObject(bytes)
  if (json === undefined) return { signature: bytes }
  const read = readShape(SignedEnvelope, json)
  if ('problem' in read)
    throw sigstoreErrors('sigstore.bundle', `not a cosign attestation: the envelope: ${read.problem}`)
  const { signature, envelope } = read.value
  return { signature, envelope: { ...envelope, sha256: sha256(bytes) } }
}

/** Undefined for a signature: no bytes of one are a whole object in JSON. */
function readObject(bytes: Uint8Array): JsonValue | undefined {
  if (bytes[0] !== '{'.charCodeAt(0)) return undefined
  try {
    return parseJson(utf8Decode(bytes), { maxLength: MAX_ENVELOPE_LENGTH })
  } catch {
    return undefined
  }
}

/** PEM of the certificate, or of the managed key, which nobody trusts from here: undefined. */
function leafOf(bytes: Uint8Array): Uint8Array | undefined {
  try {
    const pem = utf8Decode(bytes)
    if (pem.startsWith('-----BEGIN PUBLIC KEY-----')) {
      parsePublicKeyPem(pem)
      return undefined
    }
    const [leaf] = parseCertificatesPem(pem)
    return leaf?.der
  } catch (cause) {
    throw sigstoreErrors('sigstore.bundle', `not a cosign bundle: cert: ${describeError(cause)}`, {
      cause,
    })
  }
}
