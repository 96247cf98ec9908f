import { verifyDigest } from '../formats/ecdsa/index.ts'
import type { Certificate } from '../formats/x509/index.ts'
import { failed, passed, type Finding } from './verdict.ts'

/** cosign: the signature is the certificate's key over the bytes, here over their SHA-256, which is the same. */
export function checkSignature(
  { spki }: Certificate,
  signed: { readonly digest: Uint8Array; readonly signature: Uint8Array },
): Finding {
  if (verifyDigest({ spki, ...signed }))
    return passed('made with the key of the certificate over these bytes')
  return failed('not made with the key of the certificate over these bytes')
}
