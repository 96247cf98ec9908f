/**
 * ECDSA over a digest that somebody else computed, which `node:crypto` cannot do: a transparency log entry holds the
 * digest of a file and not the file.
 *
 * Call `verifyDigest`. P-256, P-384 and P-521 with `@noble/curves` (FIPS 186-5 §6.4.2). Whoever has the message itself
 * verifies with `formats/x509` and `node:crypto`. Signing is not here.
 */
export { verifyDigest } from './verify.ts'
export { parseEcdsaPublicKey } from './public-key.ts'
export { parseEcdsaSignature } from './signature.ts'
