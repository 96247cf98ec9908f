import { defineErrors } from '../base/index.ts'

const jobLines = 'a GitLab job gets one with these lines: id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }'

export const signErrors = defineErrors({
  'sign.token-missing': {
    status: 400,
    exit: 1,
    summary: 'There is no id token to sign with.',
    hint: jobLines,
  },
  'sign.token-malformed': {
    status: 400,
    exit: 1,
    summary: 'What was given as an id token is not one.',
    hint: `pass the token as it is, without quotes and line breaks; ${jobLines}`,
  },
  'sign.token-expired': {
    status: 400,
    exit: 1,
    summary: 'The id token has expired.',
    hint: `run the job again: a token lives as long as the timeout of its job; if that was just now, compare the clocks; ${jobLines}`,
  },
  'sign.token-audience': {
    status: 400,
    exit: 1,
    summary: 'The id token is meant for another service.',
    hint: jobLines,
  },
  'sign.token-email': {
    status: 400,
    exit: 1,
    summary: 'The id token speaks for an e-mail address instead of a pipeline.',
    hint: 'sign with the id token of a CI job; it has no claim `email`',
  },
  'sign.certificate': {
    status: 502,
    exit: 1,
    summary: 'The certificate authority issued a certificate for another key.',
    hint: 'check the Fulcio URL and what stands between here and it; nothing was signed with that certificate',
  },
  'sign.provenance': {
    status: 400,
    exit: 1,
    summary: 'The certificate does not say enough of a build for provenance.',
    hint: 'provenance is of what a GitLab job makes: sign with the id token of a job, and with an authority that maps its claims as Fulcio does',
  },
  'sign.refused': {
    status: 502,
    exit: 1,
    summary: 'A new seal or attestation does not verify against the trust root that is configured.',
    hint: 'use the trust root of the Sigstore which signs (wheelseal trust export); nothing was written',
  },
})
