import { defineErrors } from '../base/index.ts'

const askAgain = 'send the id token of the job unchanged'

export const identityErrors = defineErrors({
  'identity.token': {
    status: 400,
    exit: 1,
    summary: 'The id token is not a compact JWT signed with RS256 and with a key id.',
    hint: askAgain,
  },
  'identity.token-issuer': {
    status: 400,
    exit: 1,
    summary: 'The issuer of the id token is not trusted by this server.',
    hint: 'use an id token of this server, or add the issuer to [[issuers]] in wheelseal.toml; it must match exactly',
  },
  'identity.token-key': {
    status: 400,
    exit: 1,
    summary: 'The id token is signed with a key that is not in the key set of its issuer.',
    hint: 'run the job again for a new id token; if the issuer has just rotated its keys, try again in a minute',
  },
  'identity.token-signature': {
    status: 400,
    exit: 1,
    summary: 'The signature of the id token is not valid.',
    hint: askAgain,
  },
  'identity.token-audience': {
    status: 400,
    exit: 1,
    summary: 'The id token is for a different audience.',
    hint: 'set the audience under `id_tokens:` in .gitlab-ci.yml; Sigstore services need `aud: sigstore`',
  },
  'identity.token-time': {
    status: 400,
    exit: 1,
    summary: 'The id token has expired or is not valid yet.',
    hint: 'run the job again for a new id token, and check that both clocks are right',
  },
  'identity.key-set': {
    status: 502,
    exit: 1,
    summary: 'The key set of an issuer is malformed, or has no key for id tokens.',
    hint: 'it must be a JSON Web Key Set of public RSA keys with 2048 bits or more, each with its own key id',
  },
  'identity.claims': {
    status: 400,
    exit: 1,
    summary: 'A claim of the id token is missing, or has a value that a certificate cannot contain.',
    hint: 'use the id token of a GitLab CI job (16.3 or later) on a branch or tag whose name needs no escaping in a URL',
  },
  'identity.certificate': {
    status: 400,
    exit: 1,
    summary: 'The identity in the certificate is missing or ambiguous.',
    hint: 'sign again with a certificate that has exactly one URI or e-mail address, and the OIDC issuer in both extensions',
  },
})
