import { sign, type KeyObject } from 'node:crypto'
import { sha256 } from '../../base/index.ts'
import {
  contextConstructed,
  derExplicit,
  derNamedBits,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derSmallInteger,
  derUnsigned,
  derUtf8String,
  TAG,
} from '../der/index.ts'
import type { Certificate } from '../x509/index.ts'
import { derAlgorithm } from './hash.ts'
import { encodeInfo, type TimestampInfo } from './info.ts'
import { OID } from './oids.ts'
import { sortedSet } from './set.ts'
import { FAILURE_BITS, STATUS, type TimestampFailure } from './status.ts'

export interface ResponseParts {
  readonly info: TimestampInfo
  readonly signer: Certificate
  /** The signer's, P-256. */
  readonly key: KeyObject
  /** DER of what is sent along: the signer and its intermediates where the request asks for them, else nothing. */
  readonly certificates: readonly Uint8Array[]
}

const SIGNED_DATA_VERSION = 3
const SIGNER_INFO_VERSION = 1
const DIGEST_ALGORITHM = derAlgorithm(OID.sha256)
const SIGNATURE_ALGORITHM = derAlgorithm(OID.ecdsaSha256)
const CONTENT_TYPE = attribute(OID.contentType, derOid(OID.timestampInfo))

/** A granted TimeStampResp, signed with ECDSA and SHA-256. */
export function buildTimestampResponse({ info, signer, key, certificates }: ResponseParts): Uint8Array {
  const content = encodeInfo(info)
  const signedData = derSequence(
    derSmallInteger(SIGNED_DATA_VERSION),
    derSet(DIGEST_ALGORITHM),
    derSequence(derOid(OID.timestampInfo), derExplicit(0, derOctetString(content))),
    ...(certificates.length === 0 ? [] : [sortedSet(contextConstructed(0), certificates)]),
    derSet(signerInfo(content, signer, key)),
  )
  const token = derSequence(derOid(OID.signedData), derExplicit(0, signedData))
  return derSequence(derSequence(derSmallInteger(STATUS.granted)), token)
}

/** A rejecting TimeStampResp. `text` is for people. */
export function buildTimestampRejection(failure: TimestampFailure, text: string): Uint8Array {
  return derSequence(
    derSequence(
      derSmallInteger(STATUS.rejection),
      derSequence(derUtf8String(text)),
      derNamedBits([FAILURE_BITS[failure]]),
    ),
  )
}

/** RFC 5652 §5.3 and §5.4: the attributes stand under `[0]` and are signed as the SET that they are. */
function signerInfo(content: Uint8Array, signer: Certificate, key: KeyObject): Uint8Array {
  const attributes = [
    CONTENT_TYPE,
    attribute(OID.messageDigest, derOctetString(sha256(content))),
    attribute(OID.signingCertificateV2, signingCertificate(signer)),
  ]
  const signed = sortedSet(TAG.set, attributes)
  const sent = signed.with(0, contextConstructed(0))
  return derSequence(
    derSmallInteger(SIGNER_INFO_VERSION),
    derSequence(signer.issuerDer, derUnsigned(signer.serial)),
    DIGEST_ALGORITHM,
    sent,
    SIGNATURE_ALGORITHM,
    derOctetString(new Uint8Array(sign('sha256', signed, key))),
  )
}

function attribute(oid: string, value: Uint8Array): Uint8Array {
  return derSequence(derOid(oid), derSet(value))
}

/** RFC 5035 §3: SHA-256 is the default and not written; issuer and serial number stand in the SignerInfo. */
function signingCertificate({ der }: Certificate): Uint8Array {
  const id = derSequence(derOctetString(sha256(der)))
  return derSequence(derSequence(id))
}
