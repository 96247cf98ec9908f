import * as v from 'valibot'
import {
  canonicalJson,
  decodeBase64,
  describeError,
  parseJson,
  utf8Decode,
  type JsonValue,
  type WheelsealError,
} from '../../base/index.ts'
import { certificatePem, parseCertificate, parsePublicKey, publicKeyPem } from '../x509/index.ts'
import { CertificateBytes, Digest, SignatureBytes } from './bundle.ts'
import { sigstoreErrors } from './errors.ts'
import { ProposedHashedRekord, type DigestAlgorithm } from './hashed-rekord.ts'
import type { Envelope } from './seal-parts.ts'
import { base64Bytes, hexBytes, readShape } from './shape.ts'

/** The certificate (DER) or the key (DER SubjectPublicKeyInfo) that a log checked a signature with. */
export type Verifier =
  | { readonly kind: 'certificate'; readonly der: Uint8Array }
  | { readonly kind: 'key'; readonly spki: Uint8Array }

interface Logged {
  readonly signature: Uint8Array
  readonly verifier: Verifier
}

/** What a logged body is about. */
export type LoggedRecord =
  | (Logged & {
      readonly kindVersion: 'hashedrekord 0.0.1' | 'hashedrekord 0.0.2'
      readonly algorithm: DigestAlgorithm
      /** Of the file; for an envelope, of what its signature is over. */
      readonly digest: Uint8Array
    })
  | (Logged & {
      readonly kindVersion: 'dsse 0.0.1' | 'dsse 0.0.2' | 'intoto 0.0.2'
      readonly payloadSha256: Uint8Array
      /** Of the envelope's JSON (Rekor 1). */
      readonly envelopeSha256?: Uint8Array
      /** The envelope once more, which the signature of the body must be over, with SHA-256 (intoto alone). */
      readonly envelope?: Envelope
    })

const MAX_BODY_BYTES = 5 << 20
const MAX_PAYLOAD_LENGTH = 6 << 20
const MAX_DEPTH = 12
const MAX_TYPE_LENGTH = 255

const Sha256 = v.strictObject({ algorithm: v.literal('sha256'), value: hexBytes(32) })

interface KeyDetails {
  readonly kind: string
  /** Left out where the message itself is signed. */
  readonly hash?: DigestAlgorithm
}

/** Rekor v2's names (protobuf-specs, PublicKeyDetails): the kind of key, and the hash under its signature. */
const KEY_DETAILS: Readonly<Record<string, KeyDetails>> = {
  PKIX_ECDSA_P256_SHA_256: { kind: 'P-256', hash: 'sha256' },
  PKIX_ECDSA_P384_SHA_384: { kind: 'P-384', hash: 'sha384' },
  PKIX_ECDSA_P521_SHA_512: { kind: 'P-521', hash: 'sha512' },
  PKIX_ED25519: { kind: 'ed25519' },
  PKIX_ED25519_PH: { kind: 'ed25519', hash: 'sha512' },
  PKIX_RSA_PKCS1V15_2048_SHA256: { kind: 'rsa 2048', hash: 'sha256' },
  PKIX_RSA_PKCS1V15_3072_SHA256: { kind: 'rsa 3072', hash: 'sha256' },
  PKIX_RSA_PKCS1V15_4096_SHA256: { kind: 'rsa 4096', hash: 'sha256' },
}

const LABELS = ['CERTIFICATE', 'PUBLIC KEY'] as const
const PemVerifier = v.pipe(CertificateBytes, v.transform(pemVerifier))
const RawBytes = v.strictObject({ rawBytes: CertificateBytes })
const Signature2 = v.strictObject({
  content: SignatureBytes,
  verifier: v.strictObject({
    keyDetails: v.pipe(v.string(), v.maxLength(MAX_TYPE_LENGTH)),
    x509Certificate: v.optional(RawBytes),
    publicKey: v.optional(RawBytes),
  }),
})

const Dsse1 = v.strictObject({
  envelopeHash: Sha256,
  payloadHash: Sha256,
  signatures: v.strictTuple([v.strictObject({ signature: SignatureBytes, verifier: PemVerifier })]),
})

/** Signatures are base64 of base64, and so is the payload, which only some bodies have. */
const Intoto2 = v.strictObject({
  content: v.strictObject({
    envelope: v.strictObject({
      payload: v.optional(v.pipe(base64Bytes(MAX_PAYLOAD_LENGTH), v.transform(innerBase64))),
      payloadType: v.pipe(v.string(), v.maxLength(MAX_TYPE_LENGTH)),
      signatures: v.strictTuple([
        v.strictObject({
          sig: v.pipe(base64Bytes(MAX_PAYLOAD_LENGTH), v.transform(innerBase64)),
          publicKey: PemVerifier,
          keyid: v.optional(v.string()),
        }),
      ]),
    }),
    hash: Sha256,
    payloadHash: Sha256,
  }),
})
const HashedRekord2 = v.strictObject({
  hashedRekordV002: v.strictObject({ data: Digest, signature: Signature2 }),
})
const Dsse2 = v.strictObject({
  dsseV002: v.strictObject({ payloadHash: Digest, signatures: v.strictTuple([Signature2]) }),
})

const READERS: Readonly<Record<string, (spec: unknown, entry: JsonValue) => LoggedRecord>> = {
  'hashedrekord 0.0.1': (_spec, entry) => {
    const { data, signature } = read(ProposedHashedRekord, entry).spec
    const { algorithm, value: digest } = data.hash
    const verifier = foldedVerifier(signature.publicKey.content)
    return { kindVersion: 'hashedrekord 0.0.1', algorithm, digest, signature: signature.content, verifier }
  },
  'dsse 0.0.1': (spec) => {
    const { envelopeHash, payloadHash, signatures } = read(Dsse1, spec)
    const hashes = { payloadSha256: payloadHash.value, envelopeSha256: envelopeHash.value }
    return { kindVersion: 'dsse 0.0.1', ...hashes, ...signatures[0] }
  },
  'intoto 0.0.2': (spec) => {
    const { envelope, payloadHash, hash } = read(Intoto2, spec).content
    const hashes = { payloadSha256: payloadHash.value, envelopeSha256: hash.value }
    const { payload, payloadType } = envelope
    const { sig: signature, publicKey: verifier } = envelope.signatures[0]
    const whole = payload === undefined ? {} : { envelope: { payload, payloadType } }
    return { kindVersion: 'intoto 0.0.2', ...hashes, signature, verifier, ...whole }
  },
  'hashedrekord 0.0.2': (spec) => {
    const { data, signature } = read(HashedRekord2, spec).hashedRekordV002
    const { keyDetails } = signature.verifier
    // sigstore-go builds the body anew, with the one hash that the name of the key has.
    if (detailsOf(keyDetails)?.hash !== data.algorithm)
      throw refused(`the digest algorithm is ${data.algorithm}, but keyDetails is ${keyDetails}`)
    return { kindVersion: 'hashedrekord 0.0.2', ...data, ...loggedBy(signature) }
  },
  'dsse 0.0.2': (spec) => {
    const { payloadHash, signatures } = read(Dsse2, spec).dsseV002
    if (payloadHash.algorithm !== 'sha256')
      throw refused(`the hash algorithm ${payloadHash.algorithm} of the payload is not supported`)
    const [signature] = signatures
    if (signature.verifier.keyDetails === 'PKIX_ED25519_PH')
      throw refused('keyDetails names a prehashed signature, which an envelope cannot have')
    return { kindVersion: 'dsse 0.0.2', payloadSha256: payloadHash.digest, ...loggedBy(signature) }
  },
}

const Entry = v.strictObject({ apiVersion: v.string(), kind: v.string(), spec: v.unknown() })

/**
 * The body of an entry of Rekor v1 or v2, in RFC 8785 and no other spelling, with exactly one signature. Throws
 * `sigstore.body`.
 */
export function readLoggedRecord(body: Uint8Array): LoggedRecord {
  const entry = readCanonical(body)
  const { apiVersion, kind, spec } = read(Entry, entry)
  const reader = Object.hasOwn(READERS, `${kind} ${apiVersion}`)
    ? READERS[`${kind} ${apiVersion}`]
    : undefined
  if (reader === undefined)
    throw refused(`the kind ${kind.slice(0, 40)} ${apiVersion.slice(0, 40)} is not supported`)
  try {
    return reader(spec, entry)
  } catch (cause) {
    throw refused(describeError(cause), cause)
  }
}

function readCanonical(body: Uint8Array): JsonValue {
  if (body.length > MAX_BODY_BYTES) throw refused(`${body.length} bytes are too many`)
  try {
    const text = utf8Decode(body)
    const json = parseJson(text, { maxLength: MAX_BODY_BYTES, maxDepth: MAX_DEPTH })
    if (canonicalJson(json) !== text) throw refused('the JSON is not canonical')
    return json
  } catch (cause) {
    throw refused(describeError(cause), cause)
  }
}

function read<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const result = readShape(schema, value)
  if ('problem' in result) throw refused(result.problem)
  return result.value
}

function detailsOf(name: string): KeyDetails | undefined {
  return Object.hasOwn(KEY_DETAILS, name) ? KEY_DETAILS[name] : undefined
}

function loggedBy({ content, verifier }: v.InferOutput<typeof Signature2>): Logged {
  const { x509Certificate, publicKey, keyDetails } = verifier
  if ((x509Certificate === undefined) === (publicKey === undefined))
    throw refused('it must have exactly one of certificate and public key')
  const der = x509Certificate?.rawBytes
  const spki = der === undefined ? publicKey?.rawBytes : parseCertificate(der).spki
  const kind = kindOfKey(spki ?? new Uint8Array())
  if (detailsOf(keyDetails)?.kind !== kind)
    throw refused(`the key is ${kind}, but keyDetails is ${keyDetails}`)
  const signer: Verifier =
    der === undefined ? { kind: 'key', spki: spki ?? new Uint8Array() } : { kind: 'certificate', der }
  return { signature: content, verifier: signer }
}

function kindOfKey(spki: Uint8Array): string {
  const key = parsePublicKey(spki)
  return key.kind === 'rsa' ? `rsa ${key.modulusBits}` : key.kind
}

/**
 * For comparison with what a seal has, which is read there: so that neither the DER need be parsed here, nor matters
 * where the lines end, which not every log folds as Rekor does.
 */
function pemVerifier(bytes: Uint8Array): Verifier {
  const text = utf8Decode(bytes)
  const label = LABELS.find((one) => text.startsWith(`-----BEGIN ${one}-----\n`))
  const end = `\n-----END ${label}-----`
  const at = text.length - end.length - (text.endsWith('\n') ? 1 : 0)
  if (label === undefined || !text.startsWith(end, at))
    throw refused('neither one certificate nor one public key in PEM')
  const der = decodeBase64(text.slice(`-----BEGIN ${label}-----\n`.length, at).replaceAll('\n', ''))
  if (der.length === 0) throw refused('an empty PEM block')
  return label === 'CERTIFICATE' ? { kind: 'certificate', der } : { kind: 'key', spki: der }
}

/** A hashedrekord's key has one spelling, as Rekor folds it. */
function foldedVerifier(bytes: Uint8Array): Verifier {
  const verifier = pemVerifier(bytes)
  const pem = verifier.kind === 'certificate' ? certificatePem(verifier.der) : publicKeyPem(verifier.spki)
  if (pem !== utf8Decode(bytes)) throw refused('the PEM lines of the key are not wrapped as Rekor wraps them')
  return verifier
}

function innerBase64(outer: Uint8Array): Uint8Array {
  return decodeBase64(utf8Decode(outer))
}

function refused(what: string, cause?: unknown): WheelsealError {
  return sigstoreErrors('sigstore.body', `the body of the log entry: ${what}`, { cause })
}
