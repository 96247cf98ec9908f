import type { VerifyRequest } from './seal.ts'
import { readSigningKey } from './signing-key.ts'
import { failed, notApplicable, passed, type Finding } from './verdict.ts'

/**
 * Which key may have signed says the caller, never the seal; and who asks for a key accepts no certificate, as who asks
 * for an identity accepts no key.
 */
export function checkKey({ seal, key }: VerifyRequest): Finding {
  const isCertified = seal.certificate !== undefined
  if (key === undefined) {
    return isCertified
      ? notApplicable('a certificate signed, and no key was asked for')
      : failed('a managed key signed, and none was named that may')
  }
  if (isCertified) return failed('a certificate signed, where the named key must have')
  const read = readSigningKey(key)
  return 'problem' in read
    ? failed('the named key is of a kind that signs no files', { found: read.problem })
    : passed(`the named key is of ${read.name}`)
}
