/**
 * ECDSA over a digest alone, which `node:crypto` cannot do: a transparency log entry holds the
 * digest of a file and not the file.
 *
 * Call `verifyDigest` (FIPS 186-5 §6.4.2). P-256 takes a native way, whose proof stands in `native-p256.ts`; P-384,
 * P-521 and what that way cannot decide take `@noble/curves`, which is eight times slower. With the message itself
 * at hand, verify with `formats/x509` and `node:crypto`. Signing is not here.
 */
export { verifyDigest } from './verify.ts'
export { parseEcdsaPublicKey } from './public-key.ts'
export { parseEcdsaSignature } from './signature.ts'
