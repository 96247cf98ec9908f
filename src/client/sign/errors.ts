import { defineErrors } from '../../base/index.ts'

export const clientSignErrors = defineErrors({
  'client.sign-flags': {
    status: 400,
    exit: 2,
    summary: 'The flags and files do not fit together, or a value is wrong.',
    hint: 'see the examples of wheelseal sign --help',
  },
  'client.sign-services': {
    status: 400,
    exit: 2,
    summary: 'The certificate authority or the log to sign with is not given.',
    hint: 'add --signing-config FILE, or --fulcio-url URL --rekor-url URL, or set WHEELSEAL_SIGNING_CONFIG',
  },
  'client.sign-write': {
    status: 500,
    exit: 1,
    summary: 'The seals cannot be written; those of an earlier call are unchanged.',
    hint: 'check that the folder exists, that this user may write to it, and that the disk is not full; then sign again',
  },
})
