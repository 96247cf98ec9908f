import { defineErrors } from '../base/index.ts'

export const logErrors = defineErrors({
  'log.missing': {
    status: 500,
    exit: 1,
    summary: 'A log that the data directory should hold is not there.',
    hint: 'restore the data directory from a replica; a log is never made anew under an old key',
  },
  'log.exists': {
    status: 500,
    exit: 1,
    summary: 'A log was to be created where there is one.',
    hint: 'open the log instead',
  },
  'log.poisoned': {
    status: 503,
    exit: 1,
    summary:
      'A commit of the log failed, so that its outcome is unknown; it takes no more entries until the next start.',
    hint: 'look for a full or broken disk in the log of the server, then start it again',
  },
  'log.range': {
    status: 400,
    exit: 1,
    summary: 'An index or a tree size is outside of the log.',
    hint: 'ask for the current size first',
  },
})
