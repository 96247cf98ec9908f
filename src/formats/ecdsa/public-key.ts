import { readDer, readOctetsOfBits, readOid, TAG, type DerReader } from '../der/index.ts'

export type EcdsaCurve = 'P-256' | 'P-384' | 'P-521'

export interface EcdsaPublicKey {
  readonly curve: EcdsaCurve
  /** Uncompressed: 04, x, y. Not yet known to be on the curve. */
  readonly point: Uint8Array
}

interface Curve {
  readonly name: EcdsaCurve
  readonly coordinateBytes: number
}

const EC_PUBLIC_KEY = '1.2.840.10045.2.1'
const CURVES: Readonly<Record<string, Curve>> = {
  '1.2.840.10045.3.1.7': { name: 'P-256', coordinateBytes: 32 },
  '1.3.132.0.34': { name: 'P-384', coordinateBytes: 48 },
  '1.3.132.0.35': { name: 'P-521', coordinateBytes: 66 },
}
const MAX_SPKI_BYTES = 512

/**
 * An EC SubjectPublicKeyInfo (RFC 5480) on a named NIST curve with an uncompressed point, as Go's x509 reads it;
 * undefined for any other key.
 */
export function parseEcdsaPublicKey(spki: Uint8Array): EcdsaPublicKey | undefined {
  if (spki.length > MAX_SPKI_BYTES) return undefined
  try {
    return readDer(spki, readKey)
  } catch {
    return undefined
  }
}

function readKey(content: DerReader): EcdsaPublicKey | undefined {
  const algorithm = content.enter()
  const key = readOctetsOfBits(content.read(TAG.bitString))
  if (readOid(algorithm.read(TAG.oid)) !== EC_PUBLIC_KEY) return undefined
  const curve = CURVES[readOid(algorithm.read(TAG.oid))]
  algorithm.end()
  if (curve === undefined || key[0] !== 4 || key.length !== 1 + 2 * curve.coordinateBytes) return undefined
  return { curve: curve.name, point: key }
}
