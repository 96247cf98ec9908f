import * as v from 'valibot'
import type { JsonValue, WheelsealError } from '../../base/index.ts'
import { parseCertificate } from '../x509/index.ts'
import { BundleEntry } from './bundle-entries.ts'
import { sigstoreErrors } from './errors.ts'
import type { DigestAlgorithm } from './hashed-rekord.ts'
import type { LoggedEntry } from './log-entry.ts'
import type { SealFormat, SealParts } from './seal-parts.ts'
import { base64Bytes, NO_LIST, readShape } from './shape.ts'

const MAX_CERTIFICATE_LENGTH = 64 * 1024
const MAX_CERTIFICATES = 8
const MAX_ENTRIES = 8
const MAX_TIMESTAMPS = 16
const MAX_TIMESTAMP_LENGTH = 96 * 1024
const MAX_SIGNATURE_LENGTH = 8 * 1024
const MAX_PAYLOAD_LENGTH = 32 << 20
const MAX_TYPE_LENGTH = 255
const MAX_HINT_LENGTH = 1024

const FORMATS: Readonly<Record<string, SealFormat>> = {
  'application/vnd.dev.sigstore.bundle+json;version=0.1': 'bundle 0.1',
  'application/vnd.dev.sigstore.bundle+json;version=0.2': 'bundle 0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.3': 'bundle 0.3',
  'application/vnd.dev.sigstore.bundle.v0.3+json': 'bundle 0.3',
}

const ALGORITHMS: Readonly<Record<'SHA2_256' | 'SHA2_384' | 'SHA2_512', DigestAlgorithm>> = {
  SHA2_256: 'sha256',
  SHA2_384: 'sha384',
  SHA2_512: 'sha512',
}
const DIGEST_BYTES: Readonly<Record<DigestAlgorithm, number>> = { sha256: 32, sha384: 48, sha512: 64 }

/** A hash by its name in protobuf-specs, and as many bytes as it has. */
export const Digest = v.pipe(
  v.strictObject({
    algorithm: v.picklist(['SHA2_256', 'SHA2_384', 'SHA2_512']),
    digest: base64Bytes(MAX_TYPE_LENGTH),
  }),
  v.transform(({ algorithm, digest }) => ({ algorithm: ALGORITHMS[algorithm], digest })),
  v.check(({ algorithm, digest }) => digest.length === DIGEST_BYTES[algorithm], 'has a wrong length'),
)

export const CertificateBytes = base64Bytes(MAX_CERTIFICATE_LENGTH)
export const SignatureBytes = base64Bytes(MAX_SIGNATURE_LENGTH)
export const PayloadBytes = base64Bytes(MAX_PAYLOAD_LENGTH)
const RawBytes = v.strictObject({ rawBytes: CertificateBytes })

/** With exactly one signature (sigstore_bundle.proto); cosign's old bundle has it too. */
export const SignedEnvelope = v.pipe(
  v.strictObject({
    payload: PayloadBytes,
    payloadType: v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_TYPE_LENGTH)),
    signatures: v.strictTuple([v.strictObject({ sig: SignatureBytes, keyid: v.nullish(v.string()) })]),
  }),
  v.transform(({ payload, payloadType, signatures: [{ sig: signature, keyid }] }) => ({
    signature,
    envelope: { payload, payloadType, ...(keyid ? { keyId: keyid } : {}) },
  })),
)

const TimestampData = v.strictObject({
  rfc3161Timestamps: v.pipe(
    v.optional(v.array(v.strictObject({ signedTimestamp: base64Bytes(MAX_TIMESTAMP_LENGTH) })), []),
    v.maxLength(MAX_TIMESTAMPS),
  ),
})

const Material = v.strictObject({
  certificate: v.optional(RawBytes),
  x509CertificateChain: v.optional(
    v.strictObject({
      certificates: v.pipe(v.array(RawBytes), v.minLength(1), v.maxLength(MAX_CERTIFICATES)),
    }),
  ),
  publicKey: v.optional(
    v.pipe(
      v.unknown(),
      NO_LIST,
      v.strictObject({ hint: v.optional(v.pipe(v.string(), v.maxLength(MAX_HINT_LENGTH)), '') }),
    ),
  ),
  tlogEntries: v.pipe(v.optional(v.array(BundleEntry), []), v.maxLength(MAX_ENTRIES)),
  timestampVerificationData: v.nullish(v.pipe(v.unknown(), NO_LIST, TimestampData)),
})

const Bundle = v.strictObject({
  mediaType: v.string(),
  verificationMaterial: Material,
  // The schema lets the digest be absent; sigstore-js and all that write bundles do not.
  messageSignature: v.optional(v.strictObject({ messageDigest: Digest, signature: SignatureBytes })),
  dsseEnvelope: v.optional(SignedEnvelope),
})
type BundleJson = v.InferOutput<typeof Bundle>

/**
 * A Sigstore bundle of version 0.1, 0.2 or 0.3 (protobuf-specs, sigstore_bundle.proto) with what its version demands.
 * Members that are not in the schema are refused: what is not understood must not look as if it were checked. Throws
 * `sigstore.bundle`.
 */
export function parseBundle(json: JsonValue): SealParts {
  const read = readShape(Bundle, json)
  if ('problem' in read) throw refused(read.problem)
  const bundle = read.value
  const format = FORMATS[bundle.mediaType]
  if (format === undefined)
    throw refused(`the media type '${bundle.mediaType.slice(0, 100)}' is not supported`)
  const { tlogEntries: entries, timestampVerificationData } = bundle.verificationMaterial
  for (const entry of entries) checkEntry(entry, format)
  return {
    format,
    ...signedContent(bundle),
    ...signer(bundle, format),
    entries,
    timestamps: (timestampVerificationData?.rfc3161Timestamps ?? []).map(
      ({ signedTimestamp }) => signedTimestamp,
    ),
  }
}

/** Version 0.1 was made for the promise, all later ones for the proof. */
function checkEntry({ inclusionProof, signedEntryTimestamp }: LoggedEntry, format: SealFormat): void {
  if (format === 'bundle 0.1' && signedEntryTimestamp === undefined)
    throw refused('a log entry has no inclusion promise, which version 0.1 requires')
  if (format !== 'bundle 0.1' && inclusionProof === undefined)
    throw refused('a log entry has no inclusion proof, which versions from 0.2 on require')
}

function signedContent({
  messageSignature: message,
  dsseEnvelope: envelope,
}: BundleJson): Pick<SealParts, 'signature' | 'digest' | 'envelope'> {
  if (message !== undefined && envelope === undefined) {
    const { signature, messageDigest: digest } = message
    return { signature, digest }
  }
  if (envelope === undefined || message !== undefined)
    throw refused('it must have exactly one of messageSignature and dsseEnvelope')
  return envelope
}

function signer({ verificationMaterial }: BundleJson, format: SealFormat): Pick<SealParts, 'certificate'> {
  const { certificate, x509CertificateChain: chain, publicKey } = verificationMaterial
  const given = [certificate, chain, publicKey].filter((one) => one !== undefined)
  if (given.length !== 1)
    throw refused('it must have exactly one of certificate, x509CertificateChain and publicKey')
  if (publicKey !== undefined) return {}
  const certificates = format === 'bundle 0.3' ? certificate && [certificate] : chain?.certificates
  if (certificates === undefined)
    throw refused('version 0.3 requires a single certificate, earlier versions a chain')
  return { certificate: leafOf(certificates) }
}

/** A trust root never comes from the thing that is verified: a root in the chain is refused, intermediates are not used. */
function leafOf(certificates: readonly { readonly rawBytes: Uint8Array }[]): Uint8Array {
  const [leaf, ...others] = certificates.map(({ rawBytes }) => rawBytes)
  if (leaf === undefined) throw refused('an empty certificate chain')
  const hasRoot = others.some((der) => isSelfIssued(der))
  if (hasRoot) throw refused('the chain must not contain the root certificate')
  return leaf
}

function isSelfIssued(der: Uint8Array): boolean {
  try {
    return parseCertificate(der).isSelfIssued
  } catch (cause) {
    throw sigstoreErrors('sigstore.bundle', 'a certificate in the chain cannot be read', { cause })
  }
}

function refused(what: string): WheelsealError {
  return sigstoreErrors('sigstore.bundle', `not a bundle: ${what}`)
}
