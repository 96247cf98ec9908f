import type { KeyObject } from 'node:crypto'
import { bytesEqual, isoTime, WheelsealError, type Clock, type Entropy } from '../../base/index.ts'
import {
  buildTimestampRejection,
  buildTimestampResponse,
  hashByOid,
  type TimestampFailure,
  type TimestampRequest,
} from '../../formats/timestamp/index.ts'
import {
  checkChain,
  parseCertificate,
  type Certificate,
  randomSerial,
  spkiOf,
} from '../../formats/x509/index.ts'
import { tsaErrors } from './errors.ts'

export interface TimestampAuthorityParts {
  /** DER: the certificate that signs first, its root last. */
  readonly chain: readonly Uint8Array[]
  /** The private key of the first certificate, P-256. */
  readonly key: KeyObject
  readonly clock: Clock
  readonly entropy: Entropy
}

export interface TimestampAuthority {
  /** DER: the certificate that signs first, its root last. */
  readonly chain: readonly Uint8Array[]
  /**
   * A granted response in DER. Throws `tsa.hash`, `tsa.digest`, `tsa.policy` or
   * `tsa.extension` for what is refused, and `tsa.validity` when no client would accept the response.
   */
  timestamp(request: TimestampRequest): Uint8Array
  /** As `timestamp`, but what is refused is answered by a rejecting response that says why (RFC 3161 §2.4.2). */
  answer(request: TimestampRequest): Uint8Array
}

/** Sigstore's, and that of the stock timestamp authority. */
const POLICY = '1.3.6.1.4.1.57264.2'
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8'
const FAILURES: Readonly<Record<string, TimestampFailure>> = {
  'tsa.hash': 'badAlg',
  'tsa.digest': 'badDataFormat',
  'tsa.policy': 'unacceptedPolicy',
  'tsa.extension': 'unacceptedExtension',
}

/** Throws `tsa.chain` when key and certificates do not belong together. */
export function createTsa({ chain, key, clock, entropy }: TimestampAuthorityParts): TimestampAuthority {
  const certificates = chain.map((der) => parseCertificate(der))
  const signer = checkParts(certificates, key)
  const timestamp = (request: TimestampRequest): Uint8Array => {
    checkRequest(request)
    const timeSeconds = Math.floor(clock.nowMs() / 1000)
    checkValidity(certificates, timeSeconds)
    const { imprint, nonce } = request
    return buildTimestampResponse({
      info: { policy: POLICY, imprint, serial: randomSerial(entropy), timeSeconds, nonce },
      signer,
      key,
      certificates: request.wantsCertificates ? chain.slice(0, -1) : [],
    })
  }
  return { chain, timestamp, answer: (request) => answer(request, timestamp) }
}

function answer(request: TimestampRequest, timestamp: TimestampAuthority['timestamp']): Uint8Array {
  try {
    return timestamp(request)
  } catch (error) {
    const failure = error instanceof WheelsealError ? FAILURES[error.code] : undefined
    if (!(error instanceof WheelsealError) || failure === undefined) throw error
    return buildTimestampRejection(failure, `${error.message} (${error.code}): ${error.hint}`)
  }
}

function checkRequest({ imprint, policy, extensionOids }: TimestampRequest): void {
  const hash = hashByOid(imprint.hashOid)
  if (hash === undefined) throw tsaErrors('tsa.hash', `the hash is ${imprint.hashOid}`)
  if (imprint.digest.length !== hash.digestBytes) {
    throw tsaErrors(
      'tsa.digest',
      `the digest has ${imprint.digest.length} bytes; ${hash.name} has ${hash.digestBytes}`,
    )
  }
  if (policy !== undefined && policy !== POLICY) {
    throw tsaErrors('tsa.policy', `the policy is ${policy}`)
  }
  // RFC 3161 §2.4.1: refused whether critical or not.
  const [extension] = extensionOids
  if (extension !== undefined) {
    throw tsaErrors('tsa.extension', `the extension is ${extension}`)
  }
}

function checkParts(certificates: readonly Certificate[], key: KeyObject): Certificate {
  const [leaf, ...issuers] = certificates
  const spki = spkiOf(key)
  if (leaf === undefined || !bytesEqual(spki, leaf.spki)) {
    throw tsaErrors('tsa.chain', 'the key does not match the first certificate')
  }
  // Dates are looked at with every timestamp.
  const result = checkChain({
    leaf,
    intermediates: issuers.slice(0, -1),
    roots: issuers.slice(-1),
    atSeconds: leaf.notBeforeSeconds,
    purpose: TIME_STAMPING,
  })
  if (!result.ok) throw tsaErrors('tsa.chain', result.reason)
  return leaf
}

function checkValidity(certificates: readonly Certificate[], timeSeconds: number): void {
  for (const { notBeforeSeconds, notAfterSeconds } of certificates) {
    if (timeSeconds >= notBeforeSeconds && timeSeconds <= notAfterSeconds) continue
    const span = `${isoTime(notBeforeSeconds)} to ${isoTime(notAfterSeconds)}`
    throw tsaErrors(
      'tsa.validity',
      `the timestamp authority is valid from ${span}, but it is now ${isoTime(timeSeconds)}`,
    )
  }
}
