import { bytesEqual, decodeHex } from '../../base/index.ts'

/**
 * The y of each point of Curve25519 whose order divides 8, also where it is not reduced: 0, 1, p - 1, p, p + 1 and the
 * two of order 8. The sign of x is left out.
 */
const SMALL_ORDER_YS = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(decodeHex)

/**
 * Under such a key one signature holds for many messages, and whoever knows the key can make it. OpenSSL refuses them
 * all, BoringSSL and Go none, so that the verdict would depend on the runtime.
 */
export function isOfSmallOrder(key: Uint8Array): boolean {
  const y = key.with(31, (key[31] ?? 0) & 0x7f)
  return SMALL_ORDER_YS.some((one) => bytesEqual(one, y))
}
