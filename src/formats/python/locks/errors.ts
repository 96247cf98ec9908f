import { defineErrors } from '../../../base/index.ts'

export const lockErrors = defineErrors({
  'lock.unknown': {
    status: 400,
    exit: 2,
    summary: 'A file is not a lock that is read here.',
    hint: 'requirements.txt, pylock.toml, uv.lock, poetry.lock and pdm.lock are read, by these names',
  },
  'lock.version': {
    status: 400,
    exit: 1,
    summary: 'A lock is of another version of its format than is read here.',
    hint: 'write the lock again with a tool of a version that is read: pylock.toml 1.0, uv.lock 1, poetry.lock 2.0 and 2.1, pdm.lock 4',
  },
  'lock.malformed': {
    status: 400,
    exit: 1,
    summary: 'A lock is malformed.',
    hint: 'write the lock again with its tool',
  },
  'lock.identities': {
    status: 400,
    exit: 1,
    summary: 'Identities cannot be written into this lock.',
    hint: 'identities stand in pylock.toml alone: uv export --format pylock.toml, pip lock and pdm export -f pylock write one',
  },
})
