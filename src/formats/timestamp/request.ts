import {
  contextConstructed,
  derBoolean,
  derSequence,
  derSmallInteger,
  derUnsigned,
  readDer,
  readOid,
  readSmallInteger,
  readUnsigned,
  TAG,
  type DerElement,
  type DerReader,
} from '../der/index.ts'
import { malformed, parsing } from './errors.ts'
import { readExtensions, readFlag } from './extensions.ts'
import type { TimestampHash } from './hash.ts'
import { messageImprint, readImprint, type MessageImprint } from './imprint.ts'

/** RFC 3161 §2.4.1. */
export interface TimestampRequest {
  readonly imprint: MessageImprint
  /** Dotted decimal; undefined where the authority shall choose. */
  readonly policy: string | undefined
  /** Big-endian magnitude without leading zeros. */
  readonly nonce: Uint8Array | undefined
  readonly wantsCertificates: boolean
  /** Dotted decimal. RFC 3161 makes no difference between those that are critical and those that are not. */
  readonly extensionOids: readonly string[]
}

const MAX_REQUEST_BYTES = 4096
const MAX_NONCE_BYTES = 32
const VERSION = 1

/** A TimeStampReq in strict DER: version 1, a nonce that is not negative. Throws `timestamp.malformed`. */
export function parseTimestampRequest(der: Uint8Array): TimestampRequest {
  if (der.length > MAX_REQUEST_BYTES) {
    throw malformed(`a timestamp request of ${der.length} bytes, at most ${MAX_REQUEST_BYTES} are allowed`)
  }
  return parsing('request', () => readDer(der, readRequest))
}

/** A TimeStampReq with a nonce, for a response that brings the authority's certificate along. */
export function buildTimestampRequest(
  hash: TimestampHash,
  digest: Uint8Array,
  nonce: Uint8Array,
): Uint8Array {
  const { encoded } = messageImprint(hash, digest)
  return derSequence(derSmallInteger(VERSION), encoded, derUnsigned(nonce), derBoolean(true))
}

function readRequest(content: DerReader): TimestampRequest {
  const version = readSmallInteger(content.read(TAG.integer))
  if (version !== VERSION) throw malformed(`a request of version ${version}, only 1 is accepted`)
  const imprint = readImprint(content)
  const policy = content.readOptional(TAG.oid)
  const nonce = content.readOptional(TAG.integer)
  const wantsCertificates = readFlag(content.readOptional(TAG.boolean))
  return {
    imprint,
    policy: policy === undefined ? undefined : readOid(policy),
    nonce: nonce === undefined ? undefined : readNonce(nonce),
    wantsCertificates,
    extensionOids: readExtensions(content.enterOptional(contextConstructed(0))).map(({ oid }) => oid),
  }
}

export function readNonce(element: DerElement): Uint8Array {
  const nonce = readUnsigned(element)
  if (nonce.length > MAX_NONCE_BYTES) throw malformed(`a nonce of more than ${MAX_NONCE_BYTES} bytes`)
  return nonce
}
