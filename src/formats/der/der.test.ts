import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeHex, encodeHex, utf8, WheelsealError } from '../../base/index.ts'
import {
  derBitString,
  derBoolean,
  derElement,
  derExplicit,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  DerReader,
  derSequence,
  derSmallInteger,
  derTime,
  derUnsigned,
  derUtf8String,
  readBoolean,
  readDer,
  readNamedBits,
  readNull,
  readOctetsOfBits,
  readOid,
  readSmallInteger,
  readTime,
  readUnsigned,
  readUtf8String,
  readVisibleAscii,
  TAG,
  type DerElement,
} from './index.ts'

const malformed = expect.objectContaining({ code: 'der.malformed' })
const only = (bytes: Uint8Array): DerElement => {
  const reader = new DerReader(bytes)
  const element = reader.read()
  reader.end()
  return element
}
const hex = (text: string): DerElement => only(decodeHex(text.replaceAll(' ', '')))

describe('DerReader', () => {
  it.each([0, 1, 127, 128, 129, 255, 256, 257, 65_535, 65_536])(
    'reads back a content of %i bytes',
    (length) => {
      const content = new Uint8Array(length).fill(7)
      expect(only(derOctetString(content)).content).toEqual(content)
    },
  )

  it.each([
    ['an indefinite length', '30 80 00 00'],
    ['a long form where the short form serves', '04 81 01 00'],
    ['a length with a leading zero', `04 82 00 80 ${'00'.repeat(128)}`],
    ['a length of four octets', '04 84 00 00 00 01 00'],
    ['the reserved length octet', '04 ff'],
    ['a content that is cut', '04 05 00'],
    ['a length that is cut', '04 82 01'],
    ['a tag without length', '04'],
    ['a tag number above 30', '1f 1f 00'],
    ['nothing', ''],
    ['bytes after the element', '05 00 00'],
  ])('refuses %s', (_name, bytes) => {
    expect(() => hex(bytes)).toThrow(malformed)
  })

  it('refuses another tag than the one that must stand', () => {
    expect(() => new DerReader(derNull()).read(TAG.integer)).toThrow(malformed)
    expect(new DerReader(derNull()).readOptional(TAG.integer)).toBeUndefined()
  })

  it('refuses to go deeper than 32 levels', () => {
    let nested = derSequence()
    for (let level = 0; level < 64; level += 1) nested = derSequence(nested)
    const descend = (reader: DerReader): void => descend(reader.enter())
    expect(() => descend(new DerReader(nested))).toThrow(/deeper than 32/)
  })

  it('refuses what the reader of a structure leaves unread', () => {
    const two = derSequence(derNull(), derNull())
    expect(() => readDer(two, (content) => content.read(TAG.null))).toThrow(malformed)
  })

  it('never fails with anything but its own error', () => {
    const walk = (reader: DerReader): void => {
      while (!reader.isAtEnd) {
        if (reader.nextTag === TAG.sequence) walk(reader.enter())
        else reader.read()
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          walk(new DerReader(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(WheelsealError)
        }
      }),
    )
  })
})

describe('values', () => {
  it.each([
    ['0', '02 01 00'],
    ['127', '02 01 7f'],
    ['128', '02 02 00 80'],
    ['256', '02 02 01 00'],
    ['2147483647', '02 04 7f ff ff ff'],
  ])('the integer %s is %s', (value, encoded) => {
    expect(readSmallInteger(hex(encoded))).toBe(Number(value))
    const magnitude = decodeHex(BigInt(value).toString(16).padStart(10, '0'))
    expect(encodeHex(derUnsigned(magnitude))).toBe(encoded.replaceAll(' ', ''))
  })

  it.each(['02 00', '02 02 00 7f', '02 01 80', '02 05 00 80 00 00 00'])(
    'refuses %s as a small integer',
    (encoded) => {
      expect(() => readSmallInteger(hex(encoded))).toThrow(malformed)
    },
  )

  it.each([
    '2.5.29.15',
    '1.2.840.10045.4.3.2',
    '1.3.6.1.4.1.57264.1.24',
    '2.999.3',
    '0.9.2342',
    '1.39.16384',
  ])('the object identifier %s reads back', (oid) => {
    expect(readOid(only(derOid(oid)))).toBe(oid)
  })

  it.each([
    ['none', '06 00'],
    ['a padded arc', '06 03 2b 80 01'],
    ['an arc that is cut', '06 02 2b 86'],
    ['an arc beyond 2^28', '06 06 2b 90 80 80 80 00'],
    ['65 octets', `06 41 ${'2b'.repeat(65)}`],
  ])('refuses an object identifier with %s', (_name, encoded) => {
    expect(() => readOid(hex(encoded))).toThrow(malformed)
  })

  it('a boolean is ff or 00', () => {
    expect([readBoolean(only(derBoolean(true))), readBoolean(only(derBoolean(false)))]).toEqual([true, false])
    expect(() => readBoolean(hex('01 01 01'))).toThrow(malformed)
    expect(() => readBoolean(hex('01 00'))).toThrow(malformed)
  })

  it('a NULL is empty', () => {
    expect(() => readNull(only(derNull()))).not.toThrow()
    expect(() => readNull(hex('05 01 00'))).toThrow(malformed)
  })

  it('a bit string of octets has no unused bits', () => {
    expect(readOctetsOfBits(only(derBitString(utf8('ab'))))).toEqual(utf8('ab'))
    expect(() => readOctetsOfBits(hex('03 02 01 02'))).toThrow(malformed)
    expect(() => readOctetsOfBits(hex('03 00'))).toThrow(malformed)
  })

  it('named bits read back, whichever are set', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { minLength: 1 }), (bits) => {
        expect(readNamedBits(only(derNamedBits(bits)))).toEqual(new Set(bits.toSorted((a, b) => a - b)))
      }),
    )
  })

  it.each([
    ['trailing zero bits', '03 02 00 80'],
    ['unused bits that are set', '03 02 07 81'],
    ['more unused bits than an octet has', '03 02 08 80'],
    ['unused bits of no octet', '03 01 01'],
    ['nothing', '03 00'],
    ['an octet of zeros', '03 02 07 00'],
  ])('refuses named bits with %s', (_name, encoded) => {
    expect(() => readNamedBits(hex(encoded))).toThrow(malformed)
  })

  it('texts are what they say', () => {
    expect(readUtf8String(only(derUtf8String('größe')))).toBe('größe')
    expect(() => readUtf8String(hex('0c 01 ff'))).toThrow(malformed)
    expect(readVisibleAscii(hex('86 02 61 7e'))).toBe('a~')
    expect(() => readVisibleAscii(hex('86 02 61 00'))).toThrow(malformed)
    expect(() => readVisibleAscii(hex('86 02 c3 a9'))).toThrow(malformed)
  })

  it('magnitudes read back without leading zeros', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (magnitude) => {
        const read = readUnsigned(only(derUnsigned(magnitude)))
        expect(BigInt(`0x${encodeHex(read)}`)).toBe(BigInt(`0x${encodeHex(magnitude)}`))
      }),
    )
  })
})

describe('times', () => {
  const second = (iso: string): number => Date.parse(iso) / 1000

  it.each([
    ['1950-01-01T00:00:00Z', '500101000000Z'],
    ['1970-01-01T00:00:00Z', '700101000000Z'],
    ['2000-02-29T23:59:59Z', '000229235959Z'],
    ['2049-12-31T23:59:59Z', '491231235959Z'],
    ['2050-01-01T00:00:00Z', '20500101000000Z'],
    ['2100-03-01T00:00:00Z', '21000301000000Z'],
    ['9999-12-31T23:59:59Z', '99991231235959Z'],
  ])('%s is %s', (iso, text) => {
    const element = only(derTime(second(iso)))
    expect(Buffer.from(element.content).toString()).toBe(text)
    expect(readTime(element)).toBe(second(iso))
  })

  it('reads back every second, as the calendar of JavaScript has it', () => {
    const [first, last] = [second('1950-01-01T00:00:00Z'), second('9999-12-31T23:59:59Z')]
    fc.assert(
      fc.property(fc.integer({ min: first, max: last }), (seconds) => {
        const element = only(derTime(seconds))
        expect(readTime(element)).toBe(seconds)
        const digits = new Date(seconds * 1000).toISOString().replaceAll(/[-:T]|\.000Z/g, '')
        expect(`${digits}Z`.endsWith(Buffer.from(element.content).toString())).toBe(true)
      }),
    )
  })

  it.each([
    ['a day that is not', TAG.utcTime, '230229000000Z'],
    ['month 13', TAG.utcTime, '231301000000Z'],
    ['month 0', TAG.utcTime, '230001000000Z'],
    ['hour 24', TAG.utcTime, '230101240000Z'],
    ['second 60', TAG.utcTime, '230101000060Z'],
    ['no seconds', TAG.utcTime, '2301010000Z'],
    ['an offset', TAG.utcTime, '230101000000+0000'],
    ['a fraction', TAG.generalizedTime, '20500101000000.5Z'],
    ['a year for UTCTime in GeneralizedTime', TAG.generalizedTime, '20230101000000Z'],
    ['a year before 1950', TAG.generalizedTime, '19491231235959Z'],
    ['year 0', TAG.generalizedTime, '00000101000000Z'],
    ['letters', TAG.utcTime, 'aaaaaaaaaaaaZ'],
    ['no bytes', TAG.utcTime, ''],
    ['a tag that is no time', TAG.utf8String, '230101000000Z'],
  ])('refuses %s', (_name, tag, text) => {
    expect(() => readTime(only(derElement(tag, utf8(text))))).toThrow(malformed)
  })
})

describe('next to OpenSSL', () => {
  it('writes what asn1parse reads', () => {
    const der = derSequence(
      derOid('1.3.6.1.4.1.57264.1.8'),
      derUtf8String('https://gitlab.example'),
      derSmallInteger(200),
      derTime(2_000_000_000),
      derExplicit(0, derBoolean(true)),
    )
    const listing = execFileSync('openssl', ['asn1parse', '-inform', 'DER'], { input: der }).toString()
    for (const part of [
      '1.3.6.1.4.1.57264.1.8',
      ':https://gitlab.example',
      ':C8',
      ':330518033320Z',
      'cont [ 0 ]',
      'BOOLEAN',
    ]) {
      expect(listing).toContain(part)
    }
  })
})
