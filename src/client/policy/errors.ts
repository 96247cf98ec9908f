import { defineErrors } from '../../base/index.ts'

export const policyErrors = defineErrors({
  'client.policy-confirm': {
    status: 400,
    exit: 2,
    summary: 'The signers have to be confirmed, and standard input is not a terminal.',
    hint: 'check the signers that are listed, then run the command again with --yes',
  },
  'client.policy-changed': {
    status: 409,
    exit: 1,
    summary: 'The policy file was changed while the command was running.',
    hint: 'run the command again',
  },
})
