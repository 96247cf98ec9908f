import { createPublicKey, type KeyObject } from 'node:crypto'
import { sha256Hex } from '../../base/index.ts'
import { publicKeyPem } from '../x509/index.ts'
import { olpcJson } from './canonical.ts'

/** A public key as `root.json` lists it. */
export interface TufKey {
  /** Hex of SHA-256 over the canonical value. */
  readonly id: string
  readonly value: {
    readonly keytype: 'ecdsa'
    readonly scheme: 'ecdsa-sha2-nistp256'
    readonly keyval: { readonly public: string }
  }
}

/** Of a public key, or of the public half of a private one. */
export function tufKey(key: KeyObject): TufKey {
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new TypeError('a TUF key must be P-256')
  const half = key.type === 'private' ? createPublicKey(key) : key
  const value = {
    keytype: 'ecdsa',
    scheme: 'ecdsa-sha2-nistp256',
    keyval: { public: publicKeyPem(half.export({ type: 'spki', format: 'der' })) },
  } as const
  return { id: sha256Hex(olpcJson(value)), value }
}
