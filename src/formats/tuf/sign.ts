import { sign, type KeyObject } from 'node:crypto'
import { encodeHex, utf8 } from '../../base/index.ts'
import { olpcJson } from './canonical.ts'
import { tufKey } from './keys.ts'
import type { TufMetadata } from './metadata.ts'

/** The document as a file, signed by each of the private keys. */
export function signMetadata(signed: TufMetadata, keys: readonly KeyObject[]): Uint8Array {
  const message = utf8(olpcJson(signed))
  const signatures = keys.map((key) => ({
    keyid: tufKey(key).id,
    sig: encodeHex(sign('sha256', message, key)),
  }))
  return utf8(`${JSON.stringify({ signed, signatures }, null, 1)}\n`)
}
