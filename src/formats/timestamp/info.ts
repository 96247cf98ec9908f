import {
  contextConstructed,
  contextPrimitive,
  derElement,
  derOid,
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
import { malformed } from './errors.ts'
import { readExtensions, readFlag } from './extensions.ts'
import { readImprint, type MessageImprint } from './imprint.ts'
import { readNonce } from './request.ts'
import { derGeneralizedTime, readGeneralizedTime } from './time.ts'

/** TSTInfo: what an authority says (RFC 3161 §2.4.2). */
export interface TimestampInfo {
  /** Dotted decimal. */
  readonly policy: string
  readonly imprint: MessageImprint
  /** The octets of the INTEGER in their shortest form; other authorities have written negative ones. */
  readonly serial: Uint8Array
  /** Seconds since the Unix epoch. */
  readonly timeSeconds: number
  /** That of the request. */
  readonly nonce: Uint8Array | undefined
}

const VERSION = 1
const ACCURACY_SECONDS = 1
/** 160 bits and an octet for the sign. */
const MAX_SERIAL_BYTES = 21

export function encodeInfo({ policy, imprint, serial, timeSeconds, nonce }: TimestampInfo): Uint8Array {
  return derSequence(
    derSmallInteger(VERSION),
    derOid(policy),
    imprint.encoded,
    derElement(TAG.integer, serial),
    derGeneralizedTime(timeSeconds),
    derSequence(derSmallInteger(ACCURACY_SECONDS)),
    ...(nonce === undefined ? [] : [derUnsigned(nonce)]),
  )
}

export function parseInfo(der: Uint8Array): TimestampInfo {
  return readDer(der, (content) => {
    const version = readSmallInteger(content.read(TAG.integer))
    if (version !== VERSION) throw malformed(`a timestamp of version ${version}, only 1 is accepted`)
    const policy = readOid(content.read(TAG.oid))
    const imprint = readImprint(content)
    const serial = readInteger(content.read(TAG.integer))
    const timeSeconds = readGeneralizedTime(content.read(TAG.generalizedTime))
    checkAccuracy(content.enterOptional(TAG.sequence))
    readFlag(content.readOptional(TAG.boolean))
    const nonce = content.readOptional(TAG.integer)
    // The authority's name is a hint; the certificate that `signingCertificateV2` names is what counts.
    content.readOptional(contextConstructed(0))
    checkExtensions(content.enterOptional(contextConstructed(1)))
    return { policy, imprint, serial, timeSeconds, nonce: nonce === undefined ? undefined : readNonce(nonce) }
  })
}

/** Of a certificate. */
export function readSerial(element: DerElement): Uint8Array {
  if (element.content.length > MAX_SERIAL_BYTES) throw malformed('a serial number above 160 bits')
  return readUnsigned(element)
}

function readInteger({ content }: DerElement): Uint8Array {
  const [first, second] = content
  if (first === undefined || content.length > MAX_SERIAL_BYTES)
    throw malformed('a serial number that is empty or too long')
  const isPadded = second !== undefined && (first === 0 ? second < 0x80 : first === 0xff && second >= 0x80)
  if (isPadded) throw malformed('a serial number not in its shortest form')
  return content
}

/** Seconds, milliseconds, microseconds; verifiers of Sigstore take the time as it is. */
function checkAccuracy(accuracy: DerReader | undefined): void {
  const seconds = accuracy?.readOptional(TAG.integer)
  if (seconds !== undefined) readSmallInteger(seconds)
  for (const fraction of [contextPrimitive(0), contextPrimitive(1)]) {
    const element = accuracy?.readOptional(fraction)
    if (element !== undefined) readSmallInteger(element)
  }
  accuracy?.end()
}

/** A critical one would change what the timestamp means, and none is known here. */
function checkExtensions(list: DerReader | undefined): void {
  const critical = readExtensions(list).find(({ isCritical }) => isCritical)
  if (critical !== undefined) throw malformed(`the unknown critical extension ${critical.oid}`)
}
