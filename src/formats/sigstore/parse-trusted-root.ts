import * as v from 'valibot'
import {
  decodeBase64,
  describeError,
  encodeHex,
  isoTime,
  parseIsoTime,
  parseJson,
  type JsonValue,
} from '../../base/index.ts'
import { derBitString, derNull, derOid, derSequence } from '../der/index.ts'
import { OID, parseCertificate, parsePublicKey, type Certificate } from '../x509/index.ts'
import { sigstoreErrors } from './errors.ts'

/** Whole seconds, both ends belong to it; no end is an open one. */
export interface TrustPeriod {
  readonly startSeconds?: number
  readonly endSeconds?: number
}

export interface TrustedLog {
  /** Empty where the root does not tell. */
  readonly baseUrl: string
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** Lower-case hex. */
  readonly idHex: string
  readonly validity: TrustPeriod
}

/** For certificates: intermediates, the root last. For timestamps: the authority's own certificate first. */
export interface TrustedAuthority {
  readonly uri: string
  readonly chain: readonly Certificate[]
  readonly validity: TrustPeriod
}

/** Every list may hold several: keys and authorities are replaced, and what they have signed stays. */
export interface TrustedRoot {
  readonly logs: readonly TrustedLog[]
  readonly ctLogs: readonly TrustedLog[]
  readonly certificateAuthorities: readonly TrustedAuthority[]
  readonly timestampAuthorities: readonly TrustedAuthority[]
}

const MAX_LENGTH = 2 << 20
const MAX_DEPTH = 12
const MAX_LIST = 64
const MAX_CHAIN = 8
const MAX_TEXT = 2048
const MAX_DER_LENGTH = 64 * 1024

/** sigstore-go and sigstore-python compare it as text, and refuse that of version 0.2. */
const MEDIA_TYPE = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1'

const KEY_KINDS: Readonly<Record<string, string>> = {
  PKIX_ECDSA_P256_SHA_256: 'P-256',
  PKIX_ECDSA_P384_SHA_384: 'P-384',
  PKIX_ECDSA_P521_SHA_512: 'P-521',
  PKIX_ED25519: 'ed25519',
  PKIX_RSA_PKCS1V15_2048_SHA256: 'rsa',
  PKIX_RSA_PKCS1V15_3072_SHA256: 'rsa',
  PKIX_RSA_PKCS1V15_4096_SHA256: 'rsa',
  PKCS1_RSA_PKCS1V5: 'rsa',
}
/** Deprecated, in roots of old CT logs: the key without the algorithm around it. */
const BARE_RSA = 'PKCS1_RSA_PKCS1V5'

const Text = v.pipe(v.string(), v.maxLength(MAX_TEXT))
const Bytes = v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_DER_LENGTH), v.transform(decodeBase64))
const Time = v.pipe(
  Text,
  v.regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z$/),
)
const Ends = { end: v.nullish(Time) }
/** A start that is missing must not be read as one that is open. */
const Period = v.strictObject({ start: Time, ...Ends })
const KeyId = v.strictObject({ keyId: Bytes })

const Log = v.strictObject({
  // `cosign trusted-root create --rekor-key` writes none.
  baseUrl: v.optional(Text, ''),
  hashAlgorithm: v.literal('SHA2_256'),
  publicKey: v.strictObject({ rawBytes: Bytes, keyDetails: Text, validFor: Period }),
  logId: KeyId,
  checkpointKeyId: v.nullish(KeyId),
  operator: v.nullish(Text),
})

const Authority = v.strictObject({
  subject: v.optional(v.strictObject({ organization: v.optional(Text), commonName: v.optional(Text) })),
  uri: v.optional(Text, ''),
  certChain: v.strictObject({
    certificates: v.pipe(
      v.array(v.strictObject({ rawBytes: Bytes })),
      v.minLength(1),
      v.maxLength(MAX_CHAIN),
    ),
  }),
  validFor: Period,
  operator: v.nullish(Text),
})

const logs = v.pipe(v.optional(v.array(Log), []), v.maxLength(MAX_LIST))
const authorities = v.pipe(v.optional(v.array(Authority), []), v.maxLength(MAX_LIST))
const Root = v.strictObject({
  mediaType: v.literal(MEDIA_TYPE),
  tlogs: logs,
  certificateAuthorities: authorities,
  ctlogs: logs,
  timestampAuthorities: authorities,
})

/**
 * `trusted_root.json` (protobuf-specs, sigstore_trustroot.proto), also of several authorities and logs with their spans
 * of time. One malformed part refuses the whole: a root that was cut must not become a smaller one. Throws
 * `sigstore.trusted-root`.
 */
export function parseTrustedRoot(text: string): TrustedRoot {
  try {
    const root = readRoot(parseJson(text, { maxLength: MAX_LENGTH, maxDepth: MAX_DEPTH }))
    return {
      logs: root.tlogs.map((log) => readLog(log)),
      ctLogs: root.ctlogs.map((log) => readLog(log)),
      certificateAuthorities: root.certificateAuthorities.map((one) => readAuthority(one)),
      timestampAuthorities: root.timestampAuthorities.map((one) => readTimestampAuthority(one)),
    }
  } catch (cause) {
    throw sigstoreErrors('sigstore.trusted-root', `not a trusted root: ${describeError(cause)}`, { cause })
  }
}

function readRoot(json: JsonValue): v.InferOutput<typeof Root> {
  const result = v.safeParse(Root, json, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  throw new Error(`${v.getDotPath(issue) ?? 'the value'}: ${issue.message.slice(0, 200)}`)
}

function readLog({ baseUrl, publicKey, logId }: v.InferOutput<typeof Log>): TrustedLog {
  const { rawBytes, keyDetails, validFor } = publicKey
  const spki = keyDetails === BARE_RSA ? wrapRsa(rawBytes) : rawBytes
  const { kind } = parsePublicKey(spki)
  if (KEY_KINDS[keyDetails] !== kind) throw new Error(`the key is ${kind}, but keyDetails is ${keyDetails}`)
  return { baseUrl, spki, idHex: encodeHex(logId.keyId), validity: readPeriod(validFor) }
}

function wrapRsa(key: Uint8Array): Uint8Array {
  return derSequence(derSequence(derOid(OID.rsaEncryption), derNull()), derBitString(key))
}

function readAuthority({ uri, certChain, validFor }: v.InferOutput<typeof Authority>): TrustedAuthority {
  const chain = certChain.certificates.map(({ rawBytes }) => parseCertificate(rawBytes))
  return { uri, chain, validity: readPeriod(validFor) }
}

function readTimestampAuthority(authority: v.InferOutput<typeof Authority>): TrustedAuthority {
  const read = readAuthority(authority)
  if (read.chain.length < 2)
    throw new Error('a timestamp authority needs its certificate and that of its issuer')
  return read
}

function readPeriod({ start, end }: v.InferOutput<typeof Period>): TrustPeriod {
  const endSeconds = end === undefined || end === null ? {} : { endSeconds: Math.floor(seconds(end)) }
  return { startSeconds: Math.ceil(seconds(start)), ...endSeconds }
}

function seconds(text: string): number {
  const value = parseIsoTime(text)
  if (!Number.isFinite(value) || isoTime(value) !== `${text.slice(0, 19)}Z`)
    throw new Error(`'${text}' is not a time`)
  return value
}
