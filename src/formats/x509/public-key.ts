import { createPublicKey, type KeyObject } from 'node:crypto'
import { bytesEqual, describeError } from '../../base/index.ts'
import {
  readDer,
  readNull,
  readOctetsOfBits,
  readOid,
  readUnsigned,
  TAG,
  type DerReader,
} from '../der/index.ts'
import { parseEcdsaPublicKey } from '../ecdsa/index.ts'
import { isOfSmallOrder } from './ed25519.ts'
import { parsing, x509Errors } from './errors.ts'
import { formatPem } from './format-pem.ts'
import { OID } from './oids.ts'

export type PublicKey = { readonly key: KeyObject } & (
  | { readonly kind: 'P-256' | 'P-384' | 'P-521' | 'ed25519' }
  | { readonly kind: 'rsa'; readonly modulusBits: number; readonly exponent: bigint }
)

const MAX_SPKI_BYTES = 4096
const ED25519_BYTES = 32

/**
 * An ECDSA, RSA or Ed25519 SubjectPublicKeyInfo in the one form that RFC 5480, 3279 and 8410 give it; a point that is
 * not on its curve, or of small order, is refused. Says nothing about strength. Throws `x509.malformed`.
 */
export function parsePublicKey(spki: Uint8Array): PublicKey {
  const known = parsed.get(spki)
  if (known !== undefined && bytesEqual(known.bytes, spki)) return known.key
  const key = readPublicKey(spki)
  parsed.set(spki, { key, bytes: Uint8Array.from(spki) })
  return key
}

/**
 * Importing a key costs as much as checking a signature with it, and an issuer's is asked for with every certificate.
 * By identity, for as long as the array lives; the copy tells whether its bytes are still those that were read.
 */
const parsed = new WeakMap<Uint8Array, { readonly key: PublicKey; readonly bytes: Uint8Array }>()

function readPublicKey(spki: Uint8Array): PublicKey {
  if (spki.length > MAX_SPKI_BYTES) throw x509Errors('x509.malformed', `a public key of ${spki.length} bytes`)
  const ecdsa = parseEcdsaPublicKey(spki)
  if (ecdsa !== undefined) return { kind: ecdsa.curve, key: importKey(spki) }
  const { algorithm, parameters, bits } = parsing('public key', () => readDer(spki, readParts))
  if (algorithm === OID.ed25519 && parameters === undefined && bits.length === ED25519_BYTES) {
    if (isOfSmallOrder(bits)) throw x509Errors('x509.malformed', 'an Ed25519 key of small order')
    return { kind: 'ed25519', key: importKey(spki) }
  }
  if (algorithm === OID.rsaEncryption && parameters === TAG.null) {
    return { kind: 'rsa', ...parsing('public key', () => readDer(bits, readRsa)), key: importKey(spki) }
  }
  throw x509Errors('x509.malformed', `the public key algorithm ${algorithm} is not supported in this form`)
}

interface KeyParts {
  readonly algorithm: string
  /** The tag of the algorithm's parameters. */
  readonly parameters: number | undefined
  readonly bits: Uint8Array
}

function readParts(content: DerReader): KeyParts {
  const identifier = content.enter()
  const algorithm = readOid(identifier.read(TAG.oid))
  const parameters = identifier.isAtEnd ? undefined : identifier.read()
  identifier.end()
  if (parameters?.tag === TAG.null) readNull(parameters)
  return { algorithm, parameters: parameters?.tag, bits: readOctetsOfBits(content.read(TAG.bitString)) }
}

function readRsa(content: DerReader): { modulusBits: number; exponent: bigint } {
  const modulus = readUnsigned(content.read(TAG.integer))
  const exponent = readUnsigned(content.read(TAG.integer))
  const modulusBits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24
  return { modulusBits, exponent: BigInt(`0x${Buffer.from(exponent).toString('hex')}`) }
}

/** As PEM: `node:crypto` asks of an object what it is by an exception with its stack, longer than the import takes. */
function importKey(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey(formatPem('PUBLIC KEY', spki))
  } catch (cause) {
    throw x509Errors('x509.malformed', `not a valid public key: ${describeError(cause)}`, { cause })
  }
}

/** DER SubjectPublicKeyInfo of the public half. */
export function spkiOf(privateKey: KeyObject): Uint8Array {
  const known = exported.get(privateKey)
  if (known !== undefined) return Uint8Array.from(known)
  const spki = new Uint8Array(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }))
  exported.set(privateKey, spki)
  return Uint8Array.from(spki)
}

/** Keys do not change, and every checkpoint asks for that of its log. */
const exported = new WeakMap<KeyObject, Uint8Array>()
