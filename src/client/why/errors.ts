import { defineErrors } from '../../base/index.ts'

export const whyErrors = defineErrors({
  'client.why-question': {
    status: 400,
    exit: 2,
    summary: 'An argument is neither a release nor a distribution nor a link of a gate.',
    hint: 'write NAME==VERSION, the path or the URL of a wheel or .tar.gz, or the link at the end of a refusal',
  },
  'client.gate': {
    status: 502,
    exit: 1,
    summary: 'The gate gave no usable answer.',
    hint: 'check the URL, and that the gate runs; nothing is known of the release until it answers',
  },
  'client.gate-unknown': {
    status: 404,
    exit: 1,
    summary: 'The gate has no such release or refusal.',
    hint: 'check the name, the version and the gate; a refusal is kept for 400 days after it last happened',
  },
  'client.gate-access': {
    status: 401,
    exit: 1,
    summary: 'The gate shows this only to those who may read it.',
    hint: 'set WHEELSEAL_GATE to http://USER:TOKEN@HOST/gate/NAME, with a token that may read the gate',
  },
})
