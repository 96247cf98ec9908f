import { defineErrors } from '../../base/index.ts'

export const whyErrors = defineErrors({
  'client.no-gate': {
    status: 400,
    exit: 2,
    summary: 'It is not known which gate is meant.',
    hint: 'give --gate http://HOST/gate/NAME, or set WHEELSEAL_GATE to that URL',
  },
  'client.gate-url': {
    status: 400,
    exit: 2,
    summary: 'The URL is not that of a gate.',
    hint: 'write http://HOST/gate/NAME, or the URL of its index http://HOST/gate/NAME/simple/; credentials belong into WHEELSEAL_GATE, not into an argument',
  },
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
