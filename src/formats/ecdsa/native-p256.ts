import { createECDH, verify, type ECDH } from 'node:crypto'
import { decodeHex, encodeBase64Url, encodeHex, sha256Hex } from '../../base/index.ts'
import type { UnverifiedSignature } from './javascript.ts'
import { inverse, modulo } from './modular.ts'

/**
 * P-256 over a digest by the native verification of `node:crypto`, which insists on hashing a message itself.
 *
 * The key is moved so that a fixed message takes the digest's place. With h = SHA-256 of that message, e = the digest
 * as an integer, Q = the key, n = the group's order and G its base point:
 *
 *     k = (e - h) / r mod n,   Q' = Q + kG
 *     R' = (h/s)G + (r/s)Q' = ((h + rk)/s)G + (r/s)Q = (e/s)G + (r/s)Q = R
 *
 * So the point that native verification of (r, s) over the message under Q' computes is the very point that ECDSA
 * (FIPS 186-5 §6.4.2) computes for the digest under Q, and its decision is the decision: R is not infinity and
 * x(R) mod n = r, hence also x(R) = r + n. It is an identity in the group and no matter of luck, whatever an enemy
 * chooses for e, r, s and Q. What it stands on, and where that is made sure of:
 *
 * 1. 1 <= r < n, so that r has an inverse; 1 <= s < n. Else the answer is false.
 * 2. Q is in the group: coordinates below p that fulfil the curve's equation. The cofactor is 1, so every point of
 *    the curve is. Without this check the chord below could carry a point of another curve onto this one.
 *    Infinity has no uncompressed form.
 * 3. k is not 0, so kG is a point. Else (the digest is the fixed message's own) undecided.
 * 4. x(kG) is not x(Q), so the sum is the chord's third point and not infinity. Else (Q = kG or Q = -kG) undecided.
 *
 * Slips of our own arithmetic: a wrong sum is hardly ever on the curve, and OpenSSL then refuses the key: undecided.
 */

interface Point {
  readonly x: bigint
  readonly y: bigint
}

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn
const SCALAR_BYTES = 32
const MESSAGE = new Uint8Array()
const MESSAGE_HASH = BigInt(`0x${sha256Hex(MESSAGE)}`)
/** Whether the signature is valid; undefined where this way cannot decide. Never throws. */
export function verifyP256Natively({ point, digest, compact }: UnverifiedSignature): boolean | undefined {
  const r = integer(compact.subarray(0, SCALAR_BYTES))
  const s = integer(compact.subarray(SCALAR_BYTES))
  const key = readPoint(point)
  if (!isScalar(r) || !isScalar(s) || key === undefined) return false
  const e = integer(digest.subarray(0, SCALAR_BYTES))
  const k = modulo((e - MESSAGE_HASH) * inverse(r, N), N)
  const moved = k === 0n ? undefined : addByChord(key, multipleOfBase(k))
  return moved && verifyMessage(moved, compact)
}

function readPoint(uncompressed: Uint8Array): Point | undefined {
  const x = integer(uncompressed.subarray(1, 1 + SCALAR_BYTES))
  const y = integer(uncompressed.subarray(1 + SCALAR_BYTES))
  const isOnCurve = x < P && y < P && modulo(x * x * x - 3n * x + B - y * y, P) === 0n
  return isOnCurve ? { x, y } : undefined
}

/** Holds a scalar for the time of one call. Made when it is wanted: it takes a millisecond. */
let base: ECDH | undefined

/** kG for 0 < k < n. */
function multipleOfBase(k: bigint): Point {
  base ??= createECDH('prime256v1')
  base.setPrivateKey(octets(k))
  const uncompressed = base.getPublicKey()
  return {
    x: integer(uncompressed.subarray(1, 1 + SCALAR_BYTES)),
    y: integer(uncompressed.subarray(1 + SCALAR_BYTES)),
  }
}

/** Undefined for equal x: there the sum is a double or infinity. */
function addByChord(a: Point, b: Point): Point | undefined {
  if (a.x === b.x) return undefined
  const slope = modulo((b.y - a.y) * inverse(modulo(b.x - a.x, P), P), P)
  const x = modulo(slope * slope - a.x - b.x, P)
  return { x, y: modulo(slope * (a.x - x) - a.y, P) }
}

/** Undefined for what OpenSSL does not take as a key. A JWK, because DER takes it twice as long. */
function verifyMessage({ x, y }: Point, compact: Uint8Array): boolean | undefined {
  const coordinates = { x: encodeBase64Url(octets(x)), y: encodeBase64Url(octets(y)) }
  const key = { kty: 'EC', crv: 'P-256', ...coordinates }
  try {
    return verify('sha256', MESSAGE, { key, format: 'jwk', dsaEncoding: 'ieee-p1363' }, compact)
  } catch {
    return undefined
  }
}

function isScalar(value: bigint): boolean {
  return value > 0n && value < N
}

function integer(bytes: Uint8Array): bigint {
  return BigInt(`0x${encodeHex(bytes)}`)
}

function octets(value: bigint): Uint8Array {
  return decodeHex(value.toString(16).padStart(2 * SCALAR_BYTES, '0'))
}
