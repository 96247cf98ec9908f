import { defineErrors } from '../../base/index.ts'

export const appSignErrors = defineErrors({
  'app.sign-flags': {
    status: 400,
    exit: 2,
    summary: 'The flags and files of a signing do not fit together, or a value is not possible.',
    hint: 'wheelseal sign --help has examples',
  },
  'app.sign-services': {
    status: 400,
    exit: 2,
    summary: 'Nothing says which authority and which log to sign with.',
    hint: 'add --signing-config FILE, or --fulcio-url URL --rekor-url URL, or set WHEELSEAL_SIGNING_CONFIG',
  },
  'app.sign-write': {
    status: 500,
    exit: 1,
    summary: 'The seals cannot be written; those that were there before are as they were.',
    hint: 'check that the folder is there, that this user may write in it, and that the disk is not full; then sign again',
  },
})
