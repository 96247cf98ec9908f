import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256, utf8, WheelsealError } from '../../base/index.ts'
import {
  contextConstructed,
  contextPrimitive,
  derBoolean,
  derElement,
  derExplicit,
  derImplicit,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derSmallInteger,
  derUnsigned,
  derUtf8String,
  TAG,
} from '../der/index.ts'
import {
  attribute,
  certificateId,
  craft,
  crafted,
  info,
  leaf,
  leafKey,
  type ResponseCraft,
} from './arrange.ts'
import {
  buildTimestampRejection,
  buildTimestampResponse,
  parseTimestampResponse,
  type TimestampFailure,
} from './index.ts'
import { derAlgorithm } from './hash.ts'
import { derGeneralizedTime } from './time.ts'

const malformed = expect.objectContaining({ code: 'timestamp.malformed' })
const imprint = info.imprint.encoded
const time = derGeneralizedTime(info.timeSeconds)
const content = (...parts: readonly Uint8Array[]): Uint8Array =>
  derSequence(derSmallInteger(1), derOid('1.2.3'), imprint, derSmallInteger(7), time, ...parts)

describe('parseTimestampResponse', () => {
  it('reads back what the builder writes', () => {
    const whole = { ...info, nonce: new Uint8Array([0xff, 1]) }
    const parts = { info: whole, signer: leaf, key: leafKey.key, certificates: [leaf.der] }
    const response = parseTimestampResponse(buildTimestampResponse(parts))
    expect(response).toMatchObject({
      isGranted: true,
      token: { info: whole, certificates: [leaf.der], signer: { serial: leaf.serial } },
    })
  })

  it.each<[TimestampFailure, number]>([
    ['badAlg', 0],
    ['badDataFormat', 5],
    ['unacceptedPolicy', 15],
    ['unacceptedExtension', 16],
    ['systemFailure', 25],
  ])('reads back a rejection for %s', (failure) => {
    expect(parseTimestampResponse(buildTimestampRejection(failure, 'why'))).toEqual({
      isGranted: false,
      status: 2,
      text: 'why',
      failures: [failure],
    })
  })

  it('takes a grant with modifications for none', () => {
    expect(crafted({ status: [derSmallInteger(1)] })).toMatchObject({ isGranted: false, status: 1 })
  })

  it.each([
    ['the authority’s name', content(derExplicit(0, derExplicit(4, derSequence())))],
    ['a finer accuracy', content(derSequence(derSmallInteger(1), derImplicit(0, new Uint8Array([5]))))],
    ['an ordering', content(derBoolean(true))],
    ['a nonce', content(derUnsigned(new Uint8Array(20).fill(0xff)))],
    [
      'an extension that is not critical',
      content(derElement(contextConstructed(1), derSequence(derOid('1.2'), derOctetString()))),
    ],
  ])('reads a timestamp with %s', (_name, der) => {
    expect(crafted({}, der)).toMatchObject({ isGranted: true, token: { info: { policy: '1.2.3' } } })
  })

  it.each<[string, Partial<ResponseCraft>]>([
    ['an empty set of certificates', { certificates: [derElement(contextConstructed(0))] }],
    [
      'a digest with NULL parameters',
      { digests: [derSequence(derOid('2.16.840.1.101.3.4.2.1'), derNull())] },
    ],
    ['an attribute that is not known', { moreAttributes: [attribute('1.2.3', derNull())] }],
  ])('reads %s', (_name, changes) => {
    expect(crafted(changes).isGranted).toBe(true)
  })

  const infoParts = [derSmallInteger(1), derOid('1.2.3'), imprint, derSmallInteger(7)] as const
  it.each([
    ['another version', derSequence(derSmallInteger(2), ...infoParts.slice(1), time)],
    ['a time in UTCTime', derSequence(...infoParts, derElement(TAG.utcTime, utf8('300101000000Z')))],
    ...[
      '20300101000000.5Z',
      '203001010000Z',
      '20300101000000+0000',
      '20300230000000Z',
      '18500101000000Z',
    ].map((text): [string, Uint8Array] => [
      `the time ${text}`,
      derSequence(...infoParts, derElement(TAG.generalizedTime, utf8(text))),
    ]),
    [
      'a padded serial number',
      derSequence(...infoParts.slice(0, 3), derElement(TAG.integer, new Uint8Array([0, 1])), time),
    ],
    ['an empty serial number', derSequence(...infoParts.slice(0, 3), derElement(TAG.integer), time)],
    [
      'a serial number of 22 bytes',
      derSequence(...infoParts.slice(0, 3), derUnsigned(new Uint8Array(22).fill(1)), time),
    ],
    ['an ordering that spells its default', content(derBoolean(false))],
    [
      'an unknown critical extension',
      content(
        derElement(contextConstructed(1), derSequence(derOid('1.2'), derBoolean(true), derOctetString())),
      ),
    ],
    ['a member after the last', content(derNull())],
    ['no time', derSequence(...infoParts)],
  ])('refuses a timestamp with %s', (_name, der) => {
    expect(() => crafted({}, der)).toThrow(malformed)
  })

  const manyAttributes = Array.from({ length: 14 }, (_, arc) => attribute(`1.2.${arc}`, derNull()))
  it.each<[string, Partial<ResponseCraft>]>([
    ['no status', { status: [] }],
    [
      'nine status texts',
      { status: [derSmallInteger(2), derSequence(...Array.from({ length: 9 }, () => derUtf8String('x')))] },
    ],
    ['another content type', { contentType: '1.2.840.113549.1.7.1' }],
    ['another version', { version: derSmallInteger(1) }],
    ['other content than a timestamp', { encapsulated: derSequence(derOid('1.2.840.113549.1.7.1')) }],
    ['no content', { encapsulated: derSequence(derOid('1.2.840.113549.1.9.16.1.4')) }],
    ['no signer', { signers: 0 }],
    ['two signers', { signers: 2 }],
    [
      'nine certificates',
      { certificates: [derElement(contextConstructed(0), ...Array.from({ length: 9 }, () => leaf.der))] },
    ],
    ['revocation lists', { certificates: [derElement(contextConstructed(1), derSequence())] }],
    ['members after the signers', { afterSigners: [derNull()] }],
    ['a signer of version 3', { signerVersion: derSmallInteger(3) }],
    ['a signer named by key identifier', { issuerDer: derImplicit(0, leaf.serial) }],
    ['a digest that is not listed', { digests: [derAlgorithm('2.16.840.1.101.3.4.2.3')] }],
    ['attributes in another order', { isUnsorted: true }],
    [
      'an attribute twice',
      { moreAttributes: [attribute('1.2.3', derNull()), attribute('1.2.3', derBoolean(true))] },
    ],
    ['an attribute of two values', { moreAttributes: [attribute('1.2.3', derNull(), derNull())] }],
    ['an attribute of no value', { moreAttributes: [attribute('1.2.3')] }],
    ['17 attributes', { moreAttributes: manyAttributes }],
    [
      'attributes that are not signed',
      { afterSignature: [derElement(contextConstructed(1), attribute('1.2', derNull()))] },
    ],
    ['a signing certificate without hash', { certificateAttribute: certificateId() }],
    [
      'a signing certificate under a name of another kind',
      {
        certificateAttribute: certificateId(
          derOctetString(sha256(leaf.der)),
          derSequence(derSequence(derElement(contextPrimitive(2), utf8('x'))), derUnsigned(leaf.serial)),
        ),
      },
    ],
  ])('refuses %s', (_name, changes) => {
    expect(() => crafted(changes)).toThrow(malformed)
  })

  it('refuses a granted status without a timestamp, and more than 64 KiB', () => {
    expect(() => parseTimestampResponse(derSequence(derSequence(derSmallInteger(0))))).toThrow(malformed)
    expect(() => parseTimestampResponse(derSequence(derOctetString(new Uint8Array(65_536))))).toThrow(
      malformed,
    )
    expect(() => parseTimestampResponse(derSequence(derSet()))).toThrow(malformed)
  })

  it('never fails with anything but its own error', () => {
    const whole = craft()
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, octet) => {
        try {
          parseTimestampResponse(whole.with(at, octet))
        } catch (error) {
          expect(error).toBeInstanceOf(WheelsealError)
        }
      }),
    )
  })
})
