import { defineErrors } from '../../base/index.ts'

export const rootrepoErrors = defineErrors({
  'rootrepo.missing': {
    status: 500,
    exit: 1,
    summary: 'A document of the TUF repository is not where it should be.',
    hint: 'restore the TUF repository of the data directory from a backup',
  },
  'rootrepo.key': {
    status: 500,
    exit: 1,
    summary: 'The online key is not the one that root.json lists for snapshot and timestamp.',
    hint: 'restore keys and TUF repository from one backup',
  },
})
