import { defineErrors } from '../../base/index.ts'

export const noteErrors = defineErrors({
  'note.malformed': {
    status: 400,
    exit: 1,
    summary: 'The checkpoint is not a signed note, or is malformed.',
    hint: 'download the bundle again, or ask the log again',
  },
  'note.signature': {
    status: 400,
    exit: 1,
    summary: 'The checkpoint has no valid signature of the log.',
    hint: 'check that the trust root is that of the Sigstore instance with this log',
  },
})
