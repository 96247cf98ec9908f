import { ed25519, ed25519ph } from '@noble/curves/ed25519.js'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { concatBytes, decodeHex, utf8 } from '../../base/index.ts'
import { verifyEd25519ph } from './ed25519ph.ts'

const { Point } = ed25519
const ORDER = Point.Fn.ORDER
const spkiOf = (key: Uint8Array): Uint8Array => concatBytes(decodeHex('302a300506032b6570032100'), key)
const sha512 = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(
    createHash('sha512')
      .update(concatBytes(...parts))
      .digest(),
  )
const littleEndian = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes.toReversed()).toString('hex')}`)
const scalarBytes = (scalar: bigint): Uint8Array =>
  decodeHex(scalar.toString(16).padStart(64, '0')).toReversed()

/** A point of order eight. */
const TORSION = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
const message = utf8('the bytes of a wheel')

/** By its definition (RFC 8032 §5.1.6), with a key and an R that may have a part of small order. */
function craft(keyPart = Point.ZERO, noncePart = Point.ZERO): { spki: Uint8Array; signature: Uint8Array } {
  const [secret, nonce] = [1_234_567n, 7_654_321n]
  const key = Point.BASE.multiply(secret).add(keyPart).toBytes()
  const r = Point.BASE.multiply(nonce).add(noncePart).toBytes()
  const prefix = concatBytes(utf8('SigEd25519 no Ed25519 collisions'), new Uint8Array([1, 0]))
  const k = littleEndian(sha512(prefix, r, key, sha512(message))) % ORDER
  const signature = concatBytes(r, scalarBytes((nonce + k * secret) % ORDER))
  return { spki: spkiOf(key), signature }
}

describe('verifyEd25519ph', () => {
  it('verifies what the library signs, and a signature that is made by the definition', () => {
    const { secretKey, publicKey } = ed25519.keygen()
    const spki = spkiOf(publicKey)
    expect(verifyEd25519ph(spki, message, ed25519ph.sign(message, secretKey))).toBe(true)
    expect(verifyEd25519ph(spki, message, ed25519.sign(message, secretKey))).toBe(false)
    const { spki: own, signature } = craft()
    expect(verifyEd25519ph(own, message, signature)).toBe(true)
    expect(verifyEd25519ph(own, utf8('other'), signature)).toBe(false)
  })

  it('refuses a key or an R with a part of small order, where libraries differ', () => {
    expect(TORSION.isSmallOrder()).toBe(true)
    for (const { spki, signature } of [craft(TORSION), craft(undefined, TORSION)]) {
      // The library alone takes it: its equation is multiplied by the cofactor, Go's is not.
      expect(ed25519ph.verify(signature, message, spki.subarray(-32), { zip215: false })).toBe(true)
      expect(verifyEd25519ph(spki, message, signature)).toBe(false)
    }
  })

  it('never throws', () => {
    const { spki } = craft()
    for (const signature of [new Uint8Array(), new Uint8Array(64), new Uint8Array(64).fill(255)])
      expect(verifyEd25519ph(spki, message, signature)).toBe(false)
    expect(verifyEd25519ph(new Uint8Array(), message, craft().signature)).toBe(false)
  })
})
