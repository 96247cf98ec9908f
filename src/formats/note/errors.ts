import { defineErrors } from '../../base/index.ts'

export const noteErrors = defineErrors({
  'note.malformed': {
    status: 400,
    exit: 1,
    summary: 'A checkpoint is not a signed note of the form that logs write.',
    hint: 'the log or the bundle is damaged; fetch the entry again',
  },
  'note.signature': {
    status: 400,
    exit: 1,
    summary: 'A checkpoint carries no valid signature of the log that it should come from.',
    hint: 'check that the trust root is the one of this log',
  },
})
