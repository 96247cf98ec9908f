import type { VerifyRequest } from '../seal.ts'
import { readSigningKey } from './signing-key.ts'
import { failed, notApplicable, passed, type Finding } from '../verdict/verdict.ts'

/**
 * Which key may have signed says the caller, never the seal; and who asks for a key accepts no certificate, as who asks
 * for an identity accepts no key.
 */
export function checkKey({ seal, key }: VerifyRequest): Finding {
  const isCertified = seal.certificate !== undefined
  if (key === undefined) {
    return isCertified
      ? notApplicable('not checked: signed with a certificate')
      : failed('signed with a key, but a certificate is expected')
  }
  if (isCertified) return failed('signed with a certificate, but a key is expected')
  const read = readSigningKey(key)
  return 'problem' in read
    ? failed('the type of the expected key is not supported', { found: read.problem })
    : passed(`the expected key is ${read.name}`)
}
