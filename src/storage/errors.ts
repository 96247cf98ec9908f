import { defineErrors } from '../base/index.ts'

export const storageErrors = defineErrors({
  'storage.newer': {
    status: 500,
    exit: 1,
    summary: 'A newer version of Wheelseal has written this data directory.',
    hint: 'use that version or a newer one',
  },
  'storage.migration': {
    status: 500,
    exit: 1,
    summary: 'The database could not be brought up to the schema of this version.',
    hint: 'keep a copy of the database, use the version that wrote it, and report the message',
  },
  'storage.database': {
    status: 500,
    exit: 1,
    summary:
      'A database of the data directory is damaged, is not the one of this instance, or cannot be used.',
    hint: 'mend what is named (space, rights), or put back this one file from a backup; folders below logs/ are never put back',
  },
  'storage.lock-file': {
    status: 500,
    exit: 1,
    summary: 'The lock file of the data directory cannot be used.',
    hint: 'mend what is named (space, rights); lock.db holds nothing, and may be removed where no server runs',
  },
  'storage.file': {
    status: 500,
    exit: 1,
    summary: 'A file of the data directory cannot be read.',
    hint: 'mend what is named: it must be a plain file, no link, that this user may read',
  },
  'storage.full': {
    status: 507,
    exit: 1,
    summary:
      'The disk of the data directory is full, or only the room is left that is kept for the logs and the database. Nothing of what was sent is kept.',
    hint: 'free some space on the disk of the data directory, then send it again',
  },
  'storage.broken': {
    status: 503,
    exit: 1,
    lasts: true,
    summary:
      'The system does not let the server read or write its data directory: a broken disk, missing rights, a damaged database. Nothing of what was sent is kept.',
    hint: "tell the operator: the log of the server names the file, and 'wheelseal doctor' looks at all of them",
  },
  'storage.descriptors': {
    status: 503,
    exit: 1,
    summary: 'The server has as many files and connections open as it may. Nothing of what was sent is kept.',
    hint: 'try again in a minute; the operator raises the limit of open files (`ulimit -n`)',
  },
  'storage.locked': {
    status: 500,
    exit: 1,
    summary: 'Another process holds the data directory.',
    hint: 'stop the other process, or choose another directory with --data',
  },
  'storage.anchor': {
    status: 500,
    exit: 1,
    summary: 'The file that holds the newest heads of the logs cannot be used.',
    hint: 'name another file with --anchor; where the old one is lost, compare the log with a client that saw a newer head before you go on',
  },
})
