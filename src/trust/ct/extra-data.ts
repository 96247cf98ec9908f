import { concatBytes, joinBytes } from '../../base/index.ts'

/** PrecertChainEntry of RFC 6962 §3.1: the precertificate as it was submitted, then the certificates above it. */
export function precertificateExtra(precertificate: Uint8Array, chain: readonly Uint8Array[]): Uint8Array {
  return concatBytes(vector(precertificate), certificateExtra(chain))
}

/** `certificate_chain` of an X509ChainEntry, RFC 6962 §3.1: the certificates above the one in the leaf. */
export function certificateExtra(chain: readonly Uint8Array[]): Uint8Array {
  return vector(joinBytes(chain.map(vector)))
}

/** opaque<0..2^24-1> of RFC 5246 §4.3. */
function vector(content: Uint8Array): Uint8Array {
  const { length } = content
  return concatBytes(new Uint8Array([length >> 16, (length >> 8) & 0xff, length & 0xff]), content)
}
