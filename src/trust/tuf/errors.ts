import { defineErrors } from '../../base/index.ts'

export const tufRepositoryErrors = defineErrors({
  'tuf.missing': {
    status: 500,
    exit: 1,
    summary: 'A file of the TUF repository is missing.',
    hint: 'restore only the named file from a backup',
  },
  'tuf.damaged': {
    status: 500,
    exit: 1,
    summary:
      'A file of the TUF repository does not match its signature or digest; every client would refuse it.',
    hint: 'restore only the named file from a backup',
  },
  'tuf.key': {
    status: 500,
    exit: 1,
    summary: 'The online key is not the one that root.json lists for snapshot and timestamp.',
    hint: 'restore keys/tuf.pem or tuf/root.json, whichever was changed; both must be of the same instance',
  },
})
