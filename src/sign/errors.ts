import { defineErrors } from '../base/index.ts'

const jobLines = 'a GitLab job gets one with these lines: id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }'

export const signErrors = defineErrors({
  'sign.token-missing': {
    status: 400,
    exit: 1,
    summary: 'No id token was given.',
    hint: jobLines,
  },
  'sign.token-malformed': {
    status: 400,
    exit: 1,
    summary: 'The id token is malformed.',
    hint: `pass the id token unchanged, without quotes and line breaks; ${jobLines}`,
  },
  'sign.token-expired': {
    status: 400,
    exit: 1,
    summary: 'The id token has expired.',
    hint: `run the job again for a new id token, and check that the clock of this machine is right; ${jobLines}`,
  },
  'sign.token-audience': {
    status: 400,
    exit: 1,
    summary: 'The id token is for a different audience.',
    hint: jobLines,
  },
  'sign.token-email': {
    status: 400,
    exit: 1,
    summary: 'The id token is for an e-mail address, not for a pipeline.',
    hint: 'use the id token of a CI job, which has no claim `email`',
  },
  'sign.certificate': {
    status: 502,
    exit: 1,
    summary: 'The certificate authority issued a certificate for a different key.',
    hint: 'check the Fulcio URL and the proxies on the way to it; nothing was signed',
  },
  'sign.provenance': {
    status: 400,
    exit: 1,
    summary: 'The certificate has no Fulcio extensions of a build, which provenance needs.',
    hint: 'use the id token of a GitLab job, and an authority that puts its claims into the certificate as Fulcio does',
  },
  'sign.refused': {
    status: 502,
    exit: 1,
    summary: 'The new signature or attestation does not verify with the configured trust root.',
    hint: 'use the trust root of the Sigstore instance that signs (wheelseal trust export); nothing was written',
  },
})
