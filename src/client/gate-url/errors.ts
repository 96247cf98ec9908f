import { defineErrors } from '../../base/index.ts'

export const gateUrlErrors = defineErrors({
  'client.gate-url': {
    status: 400,
    exit: 2,
    summary: 'No gate is named, or what is named is not the URL of a gate.',
    hint: "give --gate URL or set WHEELSEAL_GATE; 'wheelseal gate up' prints the URL, which ends in /gate/NAME/simple/",
  },
})
