import { encodeBase64Url, Secret, sha256Hex, type Entropy } from '../base/index.ts'

/** 192 bits, a whole number of base64 groups. */
const TOKEN_BYTES = 24
/** More than any token of ours and GitLab's job tokens, which are JWTs; a longer one is not worth hashing. */
const MAX_TOKEN_LENGTH = 8192

export interface MadeToken {
  readonly token: Secret
  /**
   * What the store keeps and finds the token by. The token is random, so a plain hash cannot be searched; and what a
   * comparison of hashes tells by its time is a hash that nobody can choose.
   */
  readonly hash: string
}

export function makeToken(prefix: 'glpat-' | 'gldt-' | 'glcbt-', entropy: Entropy): MadeToken {
  const text = prefix + encodeBase64Url(entropy.bytes(TOKEN_BYTES))
  return { token: new Secret(text), hash: sha256Hex(text) }
}

/** Undefined for what cannot be a token. */
export function hashToken(text: string): string | undefined {
  return text.length === 0 || text.length > MAX_TOKEN_LENGTH ? undefined : sha256Hex(text)
}
