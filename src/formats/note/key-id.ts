import { concatBytes, sha256, utf8 } from '../../base/index.ts'
import { parsePublicKey } from '../x509/index.ts'

const ED25519_TYPE = new Uint8Array([0x0a, 0x01])
const ED25519_BYTES = 32

/**
 * The id of a log, 32 bytes, of which the first four are its hint in notes. For ECDSA it is SHA-256 of the SPKI, as
 * Rekor v1 and CT logs have it; for Ed25519 SHA-256 over name and raw key (C2SP signed-note, "Signatures"). Throws
 * `x509.malformed`.
 */
export function noteKeyId(name: string, spki: Uint8Array): Uint8Array {
  if (parsePublicKey(spki).kind !== 'ed25519') return sha256(spki)
  return sha256(concatBytes(utf8(name), ED25519_TYPE, spki.subarray(-ED25519_BYTES)))
}
