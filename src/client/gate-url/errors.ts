import { defineErrors } from '../../base/index.ts'

export const gateUrlErrors = defineErrors({
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
})
