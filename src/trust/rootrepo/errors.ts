import { defineErrors } from '../../base/index.ts'

export const rootrepoErrors = defineErrors({
  'rootrepo.missing': {
    status: 500,
    exit: 1,
    summary: 'A document of the TUF repository is not where it should be.',
    hint: 'put the file that is named back from a backup, that file alone',
  },
  'rootrepo.damaged': {
    status: 500,
    exit: 1,
    summary:
      'A file of the TUF repository is not the one that its holders signed: every client would refuse it.',
    hint: 'put the file that is named back from a backup, that file alone',
  },
  'rootrepo.key': {
    status: 500,
    exit: 1,
    summary: 'The online key is not the one that root.json lists for snapshot and timestamp.',
    hint: 'put keys/tuf.pem or tuf/root.json back, whichever was changed; both are of the same instance',
  },
})
