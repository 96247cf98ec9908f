import { defineErrors } from '../../base/index.ts'

export const tufErrors = defineErrors({
  'tuf.malformed': {
    status: 400,
    exit: 1,
    summary: 'A TUF metadata file is malformed or of the wrong role.',
    hint: 'restore only the file in the message from a backup',
  },
})
