import { defineErrors } from '../../base/index.ts'

export const authorityErrors = defineErrors({
  'authority.key': {
    status: 400,
    exit: 1,
    summary: 'A client asks for a certificate for a key that is not accepted or cannot be read.',
    hint: 'use ECDSA P-256, P-384 or P-521, Ed25519, or RSA of 2048, 3072 or 4096 bits with exponent 65537, and send it as PUBLIC KEY or CERTIFICATE REQUEST in PEM',
  },
  'authority.proof': {
    status: 400,
    exit: 1,
    summary: 'A client does not prove that it holds the private key for which it asks a certificate.',
    hint: 'sign the `sub` claim of the same id token with the key, ECDSA in DER; a token with an `email` claim misleads clients',
  },
  'authority.project': {
    status: 403,
    exit: 1,
    summary:
      'An id token of an accepted issuer speaks for a project that is not on the list for that issuer.',
    hint: 'add the project or its group to the issuer in wheelseal.toml, spelled as the token has it, and start the server again',
  },
  'authority.issuer-keys': {
    status: 503,
    exit: 1,
    summary: 'The keys of an accepted issuer cannot be fetched, so that its id tokens cannot be checked.',
    hint: 'try again in a minute; the operator checks the address, proxies and SSL_CERT_FILE, or gives the issuer a key set with `jwks` in wheelseal.toml',
  },
  'authority.validity': {
    status: 503,
    exit: 1,
    lasts: true,
    summary: 'A certificate of the authority has expired or is not valid yet, so that it issues nothing.',
    hint: 'the operator compares the clock of the server with the dates that `wheelseal trust show` prints; after their end a new instance is needed (`wheelseal up --data NEW`), whose trust root clients must learn',
  },
  'authority.chain': {
    status: 500,
    exit: 1,
    summary: "The authority's key, intermediate and root do not fit together.",
    hint: 'put back keys/intermediate.pem or certificates/authority.pem, whichever was changed',
  },
})
