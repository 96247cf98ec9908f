import { readDer, readUnsigned, TAG, type DerReader } from '../der/index.ts'

export interface EcdsaSignature {
  /** Big-endian, without leading zeros. */
  readonly r: Uint8Array
  readonly s: Uint8Array
}

const MAX_SIGNATURE_BYTES = 256

/** `SEQUENCE { r INTEGER, s INTEGER }` in strict DER; undefined for anything else. Does not know the curve's order. */
export function parseEcdsaSignature(der: Uint8Array): EcdsaSignature | undefined {
  if (der.length > MAX_SIGNATURE_BYTES) return undefined
  try {
    return readDer(der, readPair)
  } catch {
    return undefined
  }
}

function readPair(content: DerReader): EcdsaSignature {
  const r = readUnsigned(content.read(TAG.integer))
  const s = readUnsigned(content.read(TAG.integer))
  return { r, s }
}
