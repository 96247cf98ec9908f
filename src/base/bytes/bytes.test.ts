import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bytesEqual,
  concatBytes,
  Cursor,
  decodeBase64,
  decodeBase64Url,
  decodeHex,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
  GrowingBytes,
  joinBytes,
  readCapped,
  Secret,
  utf8,
  utf8Decode,
} from '../index.ts'
import { inspect } from 'node:util'

describe('encodings', () => {
  it('read back what they write', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeHex(encodeHex(bytes))).toEqual(bytes)
        expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes)
        expect(decodeBase64Url(encodeBase64Url(bytes))).toEqual(bytes)
      }),
    )
  })

  it.each(['AB', 'abc', '0g', ' ab', 'ab\n'])('hex refuses %j', (text) => {
    expect(() => decodeHex(text)).toThrow(expect.objectContaining({ code: 'base.encoding' }))
  })

  it.each(['YQ', 'YR==', 'YQ==\n', 'Y-==', 'YQ= =', 'YQ==='])('base64 refuses %j', (text) => {
    expect(() => decodeBase64(text)).toThrow(expect.objectContaining({ code: 'base.encoding' }))
  })

  it.each(['YQ==', 'YR', 'Y+', 'Y Q'])('base64url refuses %j', (text) => {
    expect(() => decodeBase64Url(text)).toThrow(expect.objectContaining({ code: 'base.encoding' }))
  })
})

describe('Cursor', () => {
  it('reads integers and vectors in order and knows its end', () => {
    const cursor = new Cursor(new Uint8Array([1, 0, 2, 2, 7, 8, 0, 0, 0, 0, 0, 0, 1, 0]))
    expect([cursor.uint(1), cursor.uint(2), encodeHex(cursor.vector(1)), cursor.uint64()]).toEqual([
      1,
      2,
      '0708',
      256n,
    ])
    expect(() => cursor.end()).not.toThrow()
  })

  it('refuses to read past the end, and refuses what is left over', () => {
    expect(() => new Cursor(new Uint8Array([3, 1])).vector(1)).toThrow(
      expect.objectContaining({ code: 'base.truncated' }),
    )
    expect(() => new Cursor(new Uint8Array([3])).end()).toThrow(
      expect.objectContaining({ code: 'base.trailing' }),
    )
  })
})

describe('bytes', () => {
  it('join and compare', () => {
    const joined = concatBytes(utf8('a'), utf8(''), utf8('bc'))
    expect(bytesEqual(joined, utf8('abc'))).toBe(true)
    expect(bytesEqual(joined, utf8('abd'))).toBe(false)
    expect(bytesEqual(joined, utf8('ab'))).toBe(false)
  })

  it('join however many parts there are', async () => {
    const parts = Array.from({ length: 500_000 }, (_, index) => new Uint8Array([index]))
    const whole = Uint8Array.from(parts, ([byte = 0]) => byte)
    expect(bytesEqual(joinBytes(parts), whole)).toBe(true)
    async function* one(): AsyncGenerator<Uint8Array> {
      yield* parts
    }
    expect(bytesEqual(await readCapped(one(), 500_000), whole)).toBe(true)
  })

  it('grow by less than they cost, and what was taken stays', () => {
    const bytes = new GrowingBytes()
    bytes.add(utf8('ab'))
    const taken = bytes.bytes()
    for (let count = 0; count < 100_000; count += 1) bytes.add(utf8('c'))
    expect(utf8Decode(taken)).toBe('ab')
    expect([bytes.length, utf8Decode(bytes.bytes())]).toEqual([100_002, `ab${'c'.repeat(100_000)}`])
    expect(bytes.capacity).toBeLessThan(3 * bytes.length)
  })

  it('stop reading a stream at the cap', async () => {
    let read = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        read += 1
        yield new Uint8Array(10)
      }
    }
    await expect(readCapped(endless(), 35)).rejects.toMatchObject({ code: 'base.too-large' })
    expect(read).toBe(4)
  })
})

describe('Secret', () => {
  it('shows itself only to reveal()', () => {
    const secret = new Secret('glpat-x')
    expect([String(secret), JSON.stringify({ secret }), inspect({ secret })].join()).not.toContain('glpat')
    expect(secret.reveal()).toBe('glpat-x')
  })
})
