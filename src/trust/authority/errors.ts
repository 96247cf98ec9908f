import { defineErrors } from '../../base/index.ts'

export const authorityErrors = defineErrors({
  'authority.key': {
    status: 400,
    exit: 1,
    summary: 'The key of a certificate request is not supported or cannot be read.',
    hint: 'use ECDSA P-256, P-384 or P-521, Ed25519, or RSA of 2048, 3072 or 4096 bits with exponent 65537, and send it as PUBLIC KEY or CERTIFICATE REQUEST in PEM',
  },
  'authority.proof': {
    status: 400,
    exit: 1,
    summary: 'The client did not prove possession of the private key.',
    hint: 'sign the `sub` claim of the same id token with the key (ECDSA signatures in DER); where a token has an `email` claim, clients sign that instead, so use a token without it',
  },
  'authority.project': {
    status: 403,
    exit: 1,
    summary: 'The project of the id token is not allowed for its issuer.',
    hint: 'add the project or its group, exactly as it is written in the token, to the issuer in wheelseal.toml, and restart the server',
  },
  'authority.issuer-keys': {
    status: 503,
    exit: 1,
    summary: 'The keys of an accepted issuer cannot be fetched, so its id tokens cannot be verified.',
    hint: 'try again in a minute; operators: check the URL, the proxy and SSL_CERT_FILE, or give the issuer a key set with `jwks` in wheelseal.toml',
  },
  'authority.validity': {
    status: 503,
    exit: 1,
    lasts: true,
    summary:
      'A certificate of the certificate authority has expired or is not valid yet, so it issues no certificates.',
    hint: 'operators: compare the clock of the server with the dates of `wheelseal trust show`; after they expire, start a new instance (`wheelseal up --data NEW`), whose trust root clients must get',
  },
  'authority.chain': {
    status: 500,
    exit: 1,
    summary: 'The key, the intermediate and the root of the certificate authority do not match.',
    hint: 'restore keys/intermediate.pem or certificates/authority.pem, whichever was changed',
  },
})
