/**
 * For tests only: cases for verification over a digest, each with the answer that it must get. A case is made from its
 * kind and a seed alone, so that a long run can stop, go on and show one case again.
 */
import { p256 } from '@noble/curves/nist.js'
import { createECDH, createHash } from 'node:crypto'
import { concatBytes, decodeHex, encodeHex, sha256 } from '../../base/index.ts'
import type { UnverifiedSignature } from './javascript.ts'
import { inverse, modulo } from './modular.ts'

export interface DigestCase {
  readonly unverified: UnverifiedSignature
  readonly expected: boolean
  /** Where the native way must leave the answer to the other one. */
  readonly isUndecided: boolean
}

const P = p256.Point.CURVE().p
const N = p256.Point.CURVE().n
const MAX = (1n << 256n) - 1n
/** The digest of the message that the native way puts in the digest's place. */
const MESSAGE_HASH = integer(new Uint8Array(createHash('sha256').digest()))

/** Numbers that the seed decides. */
class Draw {
  readonly #seed: Uint8Array
  #drawn = 0

  constructor(seed: Uint8Array) {
    this.#seed = seed
  }

  bytes(): Uint8Array {
    this.#drawn += 1
    return sha256(concatBytes(this.#seed, new Uint8Array([this.#drawn])))
  }

  below(limit: number): number {
    return Number(integer(this.bytes()) % BigInt(limit))
  }

  scalar(): bigint {
    return (integer(this.bytes()) % (N - 1n)) + 1n
  }

  oneOf<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!
  }
}

/** What a signature is made from: all the secrets, so that any relation between them can be arranged. */
interface Secrets {
  readonly key: bigint
  readonly nonce: bigint
  readonly digest: bigint
}

interface Parts {
  readonly point: Uint8Array
  readonly digest: bigint
  readonly r: bigint
  readonly s: bigint
}

const secretsOf = (draw: Draw): Secrets => ({
  key: draw.scalar(),
  nonce: draw.scalar(),
  digest: integer(draw.bytes()),
})

function sign({ key, nonce, digest }: Secrets): Parts {
  const r = abscissa(nonce)
  return { point: multiple(key), digest, r, s: modulo((digest + r * key) * inverse(nonce, N), N) }
}

const signed = (draw: Draw, fixed: Partial<Secrets> = {}): Parts => sign({ ...secretsOf(draw), ...fixed })

/** The digest that makes (r, s) a signature with this key and nonce. */
function signedAs(draw: Draw, choose: (secrets: Secrets, r: bigint) => bigint): Parts {
  const secrets = secretsOf(draw)
  const r = abscissa(secrets.nonce)
  const s = choose(secrets, r)
  return { point: multiple(secrets.key), digest: modulo(s * secrets.nonce - r * secrets.key, N), r, s }
}

const EDGES = [0n, 1n, 2n, P - N - 1n, P - N, P - N + 1n, N / 2n, N - 1n, N, N + 1n, P - 1n, P, MAX]
const DIGEST_EDGES = [0n, 1n, N - 1n, N, N + 1n, P, MAX, MESSAGE_HASH + 1n, MESSAGE_HASH - 1n]

/** Every kind of case. */
export const CASES: Readonly<Record<string, (draw: Draw) => DigestCase>> = {
  'a good signature': (draw) => valid(signed(draw)),
  'the other value of s': (draw) => {
    const parts = signed(draw)
    return valid({ ...parts, s: N - parts.s })
  },
  'a longer digest': (draw) => {
    const { unverified, ...rest } = valid(signed(draw))
    const digest = concatBytes(unverified.digest, draw.bytes().subarray(0, 1 + draw.below(32)))
    return { ...rest, unverified: { ...unverified, digest } }
  },
  'a flipped bit of r': (draw) => flipped(draw, (parts, bit) => ({ ...parts, r: parts.r ^ bit })),
  'a flipped bit of s': (draw) => flipped(draw, (parts, bit) => ({ ...parts, s: parts.s ^ bit })),
  'a flipped bit of the digest': (draw) =>
    flipped(draw, (parts, bit) => ({ ...parts, digest: parts.digest ^ bit })),
  'a flipped bit of the key': (draw) => {
    const parts = signed(draw)
    const at = 1 + draw.below(64)
    const point = parts.point.map((octet, index) => (index === at ? octet ^ (1 << draw.below(8)) : octet))
    return invalid({ ...parts, point })
  },
  'another key': (draw) => invalid({ ...signed(draw), point: multiple(draw.scalar()) }),
  'the negated key': (draw) => {
    const secrets = secretsOf(draw)
    return invalid({ ...sign(secrets), point: multiple(N - secrets.key) })
  },
  'the negated digest': (draw) => {
    const parts = signed(draw)
    return invalid({ ...parts, digest: modulo(-parts.digest, N) })
  },
  'r and s that somebody chose': (draw) => invalid({ ...signed(draw), r: draw.scalar(), s: draw.scalar() }),
  "r and s in each other's place": (draw) => {
    const parts = signed(draw)
    return invalid({ ...parts, r: parts.s, s: parts.r })
  },
  'an edge for r': (draw) => invalid({ ...signed(draw), r: draw.oneOf(EDGES) }),
  'an edge for s': (draw) => invalid({ ...signed(draw), s: draw.oneOf(EDGES) }),
  'edges for both': (draw) => invalid({ ...signed(draw), r: draw.oneOf(EDGES), s: draw.oneOf(EDGES) }),
  'a tiny or huge private key': (draw) => {
    const tiny = BigInt(1 + draw.below(16))
    return valid(signed(draw, { key: draw.oneOf([tiny, N - tiny]) }))
  },
  'a tiny or huge nonce': (draw) => {
    const tiny = BigInt(1 + draw.below(16))
    return valid(signed(draw, { nonce: draw.oneOf([tiny, N - tiny]) }))
  },
  'a tiny key and a tiny nonce': (draw) =>
    valid(signed(draw, { key: BigInt(1 + draw.below(8)), nonce: BigInt(1 + draw.below(8)) })),
  'an edge for the digest': (draw) => valid(signed(draw, { digest: draw.oneOf(DIGEST_EDGES) })),
  'the digest of the fixed message': (draw) => undecided(signed(draw, { digest: MESSAGE_HASH })),
  'u2 = 1': (draw) => valid(signedAs(draw, (_secrets, r) => r)),
  'u2 = -1': (draw) => valid(signedAs(draw, (_secrets, r) => N - r)),
  'u1 = 1': (draw) =>
    valid(signedAs(draw, ({ key, nonce }, r) => modulo(r * key * inverse(modulo(nonce - 1n, N), N), N))),
  'u1 = -1': (draw) =>
    valid(signedAs(draw, ({ key, nonce }, r) => modulo(r * key * inverse(modulo(nonce + 1n, N), N), N))),
  'P1 = P2': (draw) =>
    valid(signedAs(draw, ({ key, nonce }, r) => modulo(2n * r * key * inverse(nonce, N), N))),
  'P1 = -P2, which is infinity': (draw) => {
    const key = draw.scalar()
    const [r, s] = [draw.scalar(), draw.scalar()]
    return invalid({ point: multiple(key), digest: modulo(-r * key, N), r, s })
  },
  'a shift that equals the key': (draw) => undecided(shifted(draw, ({ key }) => key)),
  'a shift that cancels the key': (draw) => undecided(shifted(draw, ({ key }) => -key)),
  'a shift to a tiny key': (draw) => {
    const tiny = BigInt(1 + draw.below(4))
    return valid(shifted(draw, ({ key }) => draw.oneOf([tiny, -tiny]) - key))
  },
  'a doubling inside the native way': (draw) => {
    const secrets = secretsOf(draw)
    const digest = modulo(2n * MESSAGE_HASH - abscissa(secrets.nonce) * secrets.key, N)
    return valid(sign({ ...secrets, digest }))
  },
  'x of R from n on': (draw) => valid(recovered(draw, fromNOn)),
  'x of R below p - n': (draw) => valid(recovered(draw, fromZeroOn)),
  'r + n in place of r': (draw) => {
    const parts = recovered(draw, fromNOn)
    return invalid({ ...parts, r: parts.r + N })
  },
  'a key that is not on the curve': (draw) =>
    invalid({ ...signed(draw), point: concatBytes(new Uint8Array([4]), draw.bytes(), draw.bytes()) }),
  'a coordinate below 2^32': (draw) => valid(signedUnder(draw, pointFrom(fromZeroOn(draw)))),
  'the same coordinate with p added': (draw) => {
    const key = pointFrom(fromZeroOn(draw))
    return invalid({ ...signedUnder(draw, key), point: uncompressed(key.x + P, key.y) })
  },
  'infinity in zeros': (draw) => invalid({ ...signed(draw), point: uncompressed(0n, 0n) }),
  'a forgery by a key of another curve': (draw) => invalid(forged(draw)),
}

export function caseOf(kind: string, seed: Uint8Array): DigestCase {
  return CASES[kind]!(new Draw(seed))
}

const caseFrom = ({ point, digest, r, s }: Parts): UnverifiedSignature => ({
  point,
  digest: octets(digest),
  compact: concatBytes(octets(r), octets(s)),
})

const valid = (parts: Parts): DigestCase => ({
  unverified: caseFrom(parts),
  expected: true,
  isUndecided: false,
})
const undecided = (parts: Parts): DigestCase => ({ ...valid(parts), isUndecided: true })
const invalid = (parts: Parts): DigestCase => ({ ...valid(parts), expected: false })

function flipped(draw: Draw, change: (parts: Parts, bit: bigint) => Parts): DigestCase {
  return invalid(change(signed(draw), 1n << BigInt(draw.below(256))))
}

/** A signature over the digest with which the native way moves the key by `shift` times the base point. */
function shifted(draw: Draw, shift: (secrets: Secrets) => bigint): Parts {
  const secrets = secretsOf(draw)
  return sign({ ...secrets, digest: modulo(MESSAGE_HASH + abscissa(secrets.nonce) * shift(secrets), N) })
}

const fromNOn = (draw: Draw): bigint => N + 1n + BigInt(draw.below(1 << 16))
const fromZeroOn = (draw: Draw): bigint => 1n + BigInt(draw.below(1 << 16))

/** The key for which R is the first point at or after x: nobody needs to know a private key to make it. */
function recovered(draw: Draw, first: (draw: Draw) => bigint): Parts {
  const R = pointFrom(first(draw))
  const r = R.x % N
  const [s, digest] = [draw.scalar(), draw.scalar()]
  const toKey = inverse(r, N)
  const key = p256.Point.fromAffine(R)
    .multiply(modulo(s * toKey, N))
    .add(p256.Point.BASE.multiply(modulo(-digest * toKey, N)))
  return { point: key.toBytes(false), digest, r, s }
}

/** A signature under a key whose logarithm nobody knows: the digest follows from R. */
function signedUnder(draw: Draw, key: { x: bigint; y: bigint }): Parts {
  const [u1, u2] = [draw.scalar(), draw.scalar()]
  const R = p256.Point.BASE.multiply(u1).add(p256.Point.fromAffine(key).multiply(u2))
  const r = R.x % N
  const s = modulo(r * inverse(u2, N), N)
  return { point: uncompressed(key.x, key.y), digest: modulo(u1 * s, N), r, s }
}

/**
 * The key is chosen on a line through kG so that the chord leads to -kG, whose logarithm is known: who did not look
 * whether the key is on the curve would accept any digest.
 */
function forged(draw: Draw): Parts {
  const { nonce, digest } = secretsOf(draw)
  const slope = integer(draw.bytes())
  const r = abscissa(nonce)
  const k = modulo((digest - MESSAGE_HASH) * inverse(r, N), N)
  const kG = multiple(k)
  const [kx, ky] = [integer(kG.subarray(1, 33)), integer(kG.subarray(33))]
  const x = modulo(slope * slope - 2n * kx, P)
  const y = modulo(ky + slope * (x - kx), P)
  return { point: uncompressed(x, y), digest, r, s: modulo((MESSAGE_HASH - r * k) * inverse(nonce, N), N) }
}

function pointFrom(firstX: bigint): { x: bigint; y: bigint } {
  for (let x = firstX; ; x += 1n) {
    try {
      const { y } = p256.Point.fromBytes(concatBytes(new Uint8Array([2]), octets(x))).toAffine()
      return { x, y }
    } catch {
      // No point of the curve has this x.
    }
  }
}

function multiple(scalar: bigint): Uint8Array {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(octets(scalar))
  return new Uint8Array(ecdh.getPublicKey())
}

function abscissa(scalar: bigint): bigint {
  return integer(multiple(scalar).subarray(1, 33)) % N
}

function uncompressed(x: bigint, y: bigint): Uint8Array {
  return concatBytes(new Uint8Array([4]), octets(x), octets(y))
}

function integer(bytes: Uint8Array): bigint {
  return BigInt(`0x${encodeHex(bytes)}`)
}

function octets(value: bigint): Uint8Array {
  return decodeHex(value.toString(16).padStart(64, '0'))
}
