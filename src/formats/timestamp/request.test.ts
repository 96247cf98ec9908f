import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256, utf8, WheelsealError } from '../../base/index.ts'
import {
  derBoolean,
  derElement,
  derExplicit,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSmallInteger,
  derUnsigned,
  TAG,
} from '../der/index.ts'
import { buildTimestampRequest, messageImprint, parseTimestampRequest } from './index.ts'

const malformed = expect.objectContaining({ code: 'timestamp.malformed' })
const digest = sha256(utf8('x'))
const version = derSmallInteger(1)
const hash = derSequence(derOid('2.16.840.1.101.3.4.2.1'), derNull())
const imprint = derSequence(hash, derOctetString(digest))
const extension = derSequence(derOid('1.2.3'), derOctetString())
const request = (...parts: readonly Uint8Array[]): Uint8Array => derSequence(version, imprint, ...parts)

describe('buildTimestampRequest', () => {
  it('asks for a stamp with certificates and this nonce', () => {
    const nonce = new Uint8Array([0x80, 1])
    expect(parseTimestampRequest(buildTimestampRequest('sha256', digest, nonce))).toEqual({
      imprint: messageImprint('sha256', digest),
      policy: undefined,
      nonce,
      wantsCertificates: true,
      extensionOids: [],
    })
  })
})

describe('parseTimestampRequest', () => {
  it('reads the least that a request holds', () => {
    expect(parseTimestampRequest(request())).toEqual({
      imprint: { hashOid: '2.16.840.1.101.3.4.2.1', digest, encoded: imprint },
      policy: undefined,
      nonce: undefined,
      wantsCertificates: false,
      extensionOids: [],
    })
  })

  it('reads all that a request may hold', () => {
    const nonce = new Uint8Array([0x80, 1, 2, 3, 4, 5, 6, 7])
    const critical = derSequence(derOid('1.2.4'), derBoolean(true), derOctetString())
    const whole = request(
      derOid('1.3.6.1'),
      derUnsigned(nonce),
      derBoolean(true),
      derExplicit(0, extension, critical),
    )
    expect(parseTimestampRequest(whole)).toMatchObject({
      policy: '1.3.6.1',
      nonce,
      wantsCertificates: true,
      extensionOids: ['1.2.3', '1.2.4'],
    })
  })

  it('reads a hash without parameters, and keeps the imprint to the byte', () => {
    const bare = derSequence(derSequence(derOid('2.16.840.1.101.3.4.2.1')), derOctetString(digest))
    expect(parseTimestampRequest(derSequence(version, bare)).imprint.encoded).toEqual(bare)
  })

  it('reads the imprint that `messageImprint` writes', () => {
    const made = messageImprint('sha256', digest)
    expect(parseTimestampRequest(derSequence(version, made.encoded)).imprint).toEqual(made)
  })

  it.each([
    ['nothing', new Uint8Array()],
    ['another version', derSequence(derSmallInteger(2), imprint)],
    ['no imprint', derSequence(version)],
    ['bytes after it', new Uint8Array([...request(), 0])],
    ['a member after it', request(derNull())],
    ['members in another order', request(derBoolean(true), derUnsigned(digest))],
    ['a flag that spells its default', request(derBoolean(false))],
    ['a flag that is neither', request(derElement(TAG.boolean, new Uint8Array([1])))],
    ['a negative nonce', request(derElement(TAG.integer, new Uint8Array([0x80])))],
    ['a padded nonce', request(derElement(TAG.integer, new Uint8Array([0, 1])))],
    ['a nonce of 33 bytes', request(derUnsigned(new Uint8Array(33).fill(1)))],
    ['no extensions where they are announced', request(derExplicit(0))],
    ['17 extensions', request(derExplicit(0, ...Array.from({ length: 17 }, () => extension)))],
    [
      'an extension that spells its default',
      request(derExplicit(0, derSequence(derOid('1.2'), derBoolean(false), derOctetString()))),
    ],
    [
      'hash parameters that are not NULL',
      derSequence(
        version,
        derSequence(derSequence(derOid('1.2.3'), derSmallInteger(1)), derOctetString(digest)),
      ),
    ],
    ['more than 4 KiB', request(derOid('1.2'), derOctetString(new Uint8Array(4096)))],
  ])('refuses %s', (_name, der) => {
    expect(() => parseTimestampRequest(der)).toThrow(malformed)
  })

  it('never fails with anything but its own error', () => {
    const whole = request(derOid('1.3'), derUnsigned(digest), derBoolean(true), derExplicit(0, extension))
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, octet) => {
        try {
          parseTimestampRequest(whole.with(at, octet))
        } catch (error) {
          expect(error).toBeInstanceOf(WheelsealError)
        }
      }),
    )
  })
})
