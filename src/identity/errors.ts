import { defineErrors } from '../base/index.ts'

const askAgain = 'take the token that the job was given for this audience, and send it unchanged'

export const identityErrors = defineErrors({
  'identity.token': {
    status: 400,
    exit: 1,
    summary: 'An id token is not a signed JWT of the accepted form (compact, RS256, with a key id).',
    hint: askAgain,
  },
  'identity.token-issuer': {
    status: 400,
    exit: 1,
    summary: 'An id token names an issuer that is not trusted here.',
    hint: 'send a token of an issuer that this server is configured for; the issuer must match byte for byte',
  },
  'identity.token-key': {
    status: 400,
    exit: 1,
    summary: "An id token is signed with a key that its issuer's key set does not have.",
    hint: 'take a new token; if the issuer has just changed its keys, try again in a minute',
  },
  'identity.token-signature': {
    status: 400,
    exit: 1,
    summary: "The signature of an id token is not that of its issuer's key.",
    hint: askAgain,
  },
  'identity.token-audience': {
    status: 400,
    exit: 1,
    summary: 'An id token is meant for another service.',
    hint: 'set the audience under `id_tokens:` in .gitlab-ci.yml, for Sigstore services `aud: sigstore`',
  },
  'identity.token-time': {
    status: 400,
    exit: 1,
    summary: 'An id token has expired or is not valid yet.',
    hint: 'take a new token, that is run the job again, and compare the clocks of both machines',
  },
  'identity.key-set': {
    status: 502,
    exit: 1,
    summary: "An issuer's key set is not one that id tokens can be checked with.",
    hint: "it must be a JSON Web Key Set with the issuer's public RSA keys of 2048 bits or more, each under an id of its own",
  },
  'identity.claims': {
    status: 400,
    exit: 1,
    summary:
      'An id token lacks a claim that its identity is made of, or holds one that cannot stand in a certificate.',
    hint: 'the token must come from a GitLab CI job (16.3 or later) on a branch or tag whose name needs no escaping in a URL',
  },
  'identity.certificate': {
    status: 400,
    exit: 1,
    summary: 'A certificate does not say unambiguously who signed.',
    hint: 'a Sigstore certificate has exactly one URI or e-mail name and its issuer; ask for another certificate',
  },
})
