import { defineErrors } from '../../base/index.ts'

export const tufErrors = defineErrors({
  'tuf.malformed': {
    status: 400,
    exit: 1,
    summary: 'A file is not the TUF metadata that it should be.',
    hint: 'put the file that is named back from a backup, that file alone',
  },
})
