import { X509Certificate } from 'node:crypto'
import { encodeBase64, isoTime, sha256, type JsonValue } from '../../base/index.ts'
import { parsePublicKey } from '../x509/index.ts'

/** What verification of an instance's seals starts from. */
export interface InstanceTrust {
  /** The origin of all services, without a slash at its end. */
  readonly url: string
  /** DER: intermediates, the root last. */
  readonly chain: readonly Uint8Array[]
  /** DER SubjectPublicKeyInfo, P-256. */
  readonly rekor: Uint8Array
  /** DER SubjectPublicKeyInfo, P-256. */
  readonly ct: Uint8Array
  /** DER: the certificate that signs timestamps, then its root. */
  readonly tsaChain?: readonly Uint8Array[]
  /** When the first of the keys came to be; trust begins a day earlier, for clocks that lag behind. */
  readonly validFromSeconds: number
}

export const TIMESTAMP_PATH = '/api/v1/timestamp'
const MARGIN_SECONDS = 86_400

/**
 * `trusted_root.json`. The media type is compared as text by sigstore-go and sigstore-python, unknown members are
 * refused by older Go clients, and every key and chain needs the start of its validity.
 */
export function trustedRoot(trust: InstanceTrust): { readonly [member: string]: JsonValue } {
  const { url, chain, tsaChain } = trust
  const validFor = validity(trust)
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [transparencyLog(trust, trust.rekor)],
    certificateAuthorities: [authority(url, chain, validFor)],
    ctlogs: [transparencyLog(trust, trust.ct)],
    timestampAuthorities:
      tsaChain === undefined ? [] : [authority(`${url}${TIMESTAMP_PATH}`, tsaChain, validFor)],
  }
}

export function validity({ validFromSeconds }: InstanceTrust): { readonly start: string } {
  return { start: isoTime(validFromSeconds - MARGIN_SECONDS) }
}

/** The name in Rekor's checkpoints must be part of `baseUrl` (sigstore-js). */
function transparencyLog(trust: InstanceTrust, spki: Uint8Array): JsonValue {
  const { kind } = parsePublicKey(spki)
  if (kind !== 'P-256') throw new TypeError(`a log key must be P-256, not ${kind}`)
  return {
    baseUrl: trust.url,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: encodeBase64(spki),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: validity(trust),
    },
    logId: { keyId: encodeBase64(sha256(spki)) },
  }
}

function authority(uri: string, chain: readonly Uint8Array[], validFor: JsonValue): JsonValue {
  return {
    subject: subjectOf(chain.at(-1)),
    uri,
    certChain: { certificates: chain.map((der) => ({ rawBytes: encodeBase64(der) })) },
    validFor,
  }
}

/**
 * For people only; clients look at the certificates. Read out of the text of the name: `toLegacyObject`, where it is
 * called before anything has loaded `node:tls`, leaves this module without `createSecureContext` for the whole process
 * (Node 24.21).
 */
function subjectOf(root: Uint8Array | undefined): JsonValue {
  if (root === undefined) throw new TypeError('a chain must have at least one certificate')
  const lines = new X509Certificate(root).subject.split('\n')
  const values = (type: string): string =>
    lines
      .filter((line) => line.startsWith(`${type}=`))
      .map((line) => unescaped(line.slice(type.length + 1)))
      .join(', ')
  return { organization: values('O'), commonName: values('CN') }
}

/** RFC 2253 §2.4: a backslash, then a special character or two hex digits. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-9A-F]{2}|.)/g, (_, escaped: string) =>
    escaped.length === 1 ? escaped : String.fromCharCode(Number.parseInt(escaped, 16)),
  )
}
