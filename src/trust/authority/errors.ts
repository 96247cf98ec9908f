import { defineErrors } from '../../base/index.ts'

export const authorityErrors = defineErrors({
  'authority.key': {
    status: 400,
    exit: 1,
    summary: 'A client asks for a certificate for a key that is not accepted.',
    hint: 'use ECDSA P-256, P-384 or P-521, Ed25519, or RSA of 2048 to 4096 bits with exponent 65537 or larger',
  },
  'authority.proof': {
    status: 400,
    exit: 1,
    summary: 'A client does not prove that it holds the private key for which it asks a certificate.',
    hint: 'sign the `sub` claim of the same id token with the key, ECDSA in DER; a token with an `email` claim misleads clients',
  },
  'authority.chain': {
    status: 500,
    exit: 1,
    summary: "The authority's key, intermediate and root do not fit together or are not valid now.",
    hint: 'compare the clock with the dates in the files of `wheelseal trust export`, and restore keys and certificates from one backup',
  },
})
