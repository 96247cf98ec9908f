import type { Entropy } from '../../base/index.ts'

/** 20 octets, positive and of fixed length (RFC 5280 §4.1.2.2): the two top bits are 01, the rest is random. */
export function randomSerial(entropy: Entropy): Uint8Array {
  const serial = Uint8Array.from(entropy.bytes(20))
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return serial
}
