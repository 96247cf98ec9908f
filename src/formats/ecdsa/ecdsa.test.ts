import { p256 } from '@noble/curves/nist.js'
import fc from 'fast-check'
import { createHash, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decodeHex, encodeHex } from '../../base/index.ts'
import { derBitString, derElement, derNull, derOid, derSequence, derUnsigned, TAG } from '../der/index.ts'
import { parseEcdsaPublicKey, parseEcdsaSignature, verifyDigest } from './index.ts'

const spkiOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: 'spki', format: 'der' }))
const hashed = (hash: string, message: Uint8Array): Uint8Array =>
  new Uint8Array(createHash(hash).update(message).digest())

const message = new Uint8Array([1, 2, 3])
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const good = {
  spki: spkiOf(publicKey),
  digest: hashed('sha256', message),
  signature: new Uint8Array(sign('sha256', message, privateKey)),
}
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const integer = (value: bigint): Uint8Array => derUnsigned(decodeHex(value.toString(16).padStart(66, '0')))
const pair = (r: bigint, s: bigint): Uint8Array => derSequence(integer(r), integer(s))
const values = (): { r: bigint; s: bigint } => {
  const { r, s } = parseEcdsaSignature(good.signature)!
  return { r: BigInt(`0x${encodeHex(r)}`), s: BigInt(`0x${encodeHex(s)}`) }
}

describe('verifyDigest', () => {
  it.each(
    ['P-256', 'P-384', 'P-521'].flatMap((curve) =>
      ['sha256', 'sha384', 'sha512'].map((hash) => [curve, hash] as const),
    ),
  )('accepts what OpenSSL signs with %s over %s', (curve, hash) => {
    const keys = generateKeyPairSync('ec', { namedCurve: curve })
    const signature = new Uint8Array(sign(hash, message, keys.privateKey))
    const spki = spkiOf(keys.publicKey)
    expect(verifyDigest({ spki, digest: hashed(hash, message), signature })).toBe(true)
    expect(verifyDigest({ spki, digest: hashed(hash, new Uint8Array([1])), signature })).toBe(false)
    expect(verifyDigest({ ...good, digest: hashed(hash, message), signature })).toBe(false)
  })

  it('accepts both values of s, as Go and OpenSSL do', () => {
    const { r, s } = values()
    expect(verifyDigest({ ...good, signature: pair(r, s) })).toBe(true)
    expect(verifyDigest({ ...good, signature: pair(r, ORDER - s) })).toBe(true)
  })

  it('refuses r and s outside of the curve order', () => {
    const { r, s } = values()
    for (const [badR, badS] of [
      [0n, s],
      [r, 0n],
      [r + ORDER, s],
      [r, s + ORDER],
      [ORDER, s],
      [r, ORDER],
      [1n << 256n, s],
    ] as const) {
      expect(verifyDigest({ ...good, signature: pair(badR, badS) })).toBe(false)
    }
  })

  it.each([
    [
      'a longer length than needed',
      (bytes: Uint8Array) => Uint8Array.from([0x30, 0x81, ...bytes.subarray(1)]),
    ],
    ['bytes after it', (bytes: Uint8Array) => Uint8Array.from([...bytes, 0])],
    [
      'a third integer',
      (bytes: Uint8Array) => derSequence(bytes.subarray(2), derUnsigned(new Uint8Array([1]))),
    ],
    ['nothing in it', () => derSequence()],
    ['the compact form', () => new Uint8Array(64).fill(1)],
    ['no bytes', () => new Uint8Array()],
    ['a padded integer', () => derSequence(derElement(TAG.integer, new Uint8Array([0, 1])), integer(1n))],
    ['a negative integer', () => derSequence(derElement(TAG.integer, new Uint8Array([0xff])), integer(1n))],
    ['more than 256 bytes', () => derSequence(derUnsigned(new Uint8Array(300).fill(1)), integer(1n))],
  ])('refuses a signature with %s', (_name, change) => {
    expect(verifyDigest({ ...good, signature: change(good.signature) })).toBe(false)
  })

  it('refuses digests shorter than SHA-256 or longer than SHA-512', () => {
    for (const length of [0, 20, 31, 65]) {
      expect(verifyDigest({ ...good, digest: new Uint8Array(length) })).toBe(false)
    }
  })

  it('agrees with OpenSSL on every changed bit of a signature and of a key', () => {
    const agree = (changed: { spki: Uint8Array; signature: Uint8Array }): boolean => {
      try {
        const key = { key: Buffer.from(changed.spki), format: 'der', type: 'spki' } as const
        return verify('sha256', message, key, changed.signature)
      } catch {
        return false
      }
    }
    const flip = (bytes: Uint8Array, bit: number): Uint8Array =>
      bytes.map((octet, at) => (at === bit >> 3 ? octet ^ (1 << (bit & 7)) : octet))
    for (let bit = 0; bit < good.signature.length * 8; bit += 7) {
      const changed = { ...good, signature: flip(good.signature, bit) }
      expect(verifyDigest(changed)).toBe(agree(changed))
    }
    for (let bit = 0; bit < good.spki.length * 8; bit += 7) {
      expect(verifyDigest({ ...good, spki: flip(good.spki, bit) })).toBe(false)
    }
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.uint8Array(), (spki, digest, signature) => {
        expect(verifyDigest({ spki, digest, signature })).toBe(false)
        expect(verifyDigest({ ...good, signature })).toBe(false)
        expect(verifyDigest({ ...good, spki })).toBe(false)
      }),
    )
  })
})

describe('parseEcdsaPublicKey', () => {
  const point = parseEcdsaPublicKey(good.spki)!.point
  const spki = (curve: string, bits: Uint8Array, ...more: Uint8Array[]): Uint8Array =>
    derSequence(derSequence(derOid('1.2.840.10045.2.1'), derOid(curve), ...more), derBitString(bits))
  const P256 = '1.2.840.10045.3.1.7'

  it('reads what Node writes', () => {
    expect(spki(P256, point)).toEqual(good.spki)
    expect(parseEcdsaPublicKey(good.spki)?.curve).toBe('P-256')
  })

  it.each([
    ['a compressed point', spki(P256, p256.Point.fromBytes(point).toBytes(true))],
    ['a hybrid point', spki(P256, Uint8Array.from([6, ...point.subarray(1)]))],
    ['a point of another length', spki(P256, point.subarray(0, 64))],
    ['the point at infinity', spki(P256, new Uint8Array([0]))],
    ['another curve', spki('1.3.132.0.10', point)],
    ['parameters after the curve', spki(P256, point, derNull())],
    ['an Ed25519 key', spkiOf(generateKeyPairSync('ed25519').publicKey)],
    ['bytes after it', Uint8Array.from([...good.spki, 0])],
    ['more than 512 bytes', derSequence(derElement(TAG.octetString, new Uint8Array(600)))],
  ])('does not read %s', (_name, bytes) => {
    expect(parseEcdsaPublicKey(bytes)).toBeUndefined()
  })
})
