import { defineErrors } from '../base/index.ts'

export const storageErrors = defineErrors({
  'storage.newer': {
    status: 500,
    exit: 1,
    summary: 'The data directory was written by a newer version of Wheelseal.',
    hint: 'use that version, or a newer one',
  },
  'storage.migration': {
    status: 500,
    exit: 1,
    summary: 'The database could not be upgraded to the schema of this version.',
    hint: 'keep a copy of the database, use the version that wrote it, and report the message',
  },
  'storage.database': {
    status: 500,
    exit: 1,
    summary: 'A database of the data directory is damaged, belongs to another instance, or cannot be used.',
    hint: 'fix the named cause (disk space, permissions), or restore only this file from a backup; never restore folders below logs/',
  },
  'storage.lock-file': {
    status: 500,
    exit: 1,
    summary: 'The lock file of the data directory cannot be used.',
    hint: 'fix the named cause (disk space, permissions); lock.db holds no data and may be removed while no server runs',
  },
  'storage.file': {
    status: 503,
    exit: 1,
    summary: 'A file of the data directory cannot be read.',
    hint: 'make it a regular file, not a link, that this user can read',
  },
  'storage.full': {
    status: 507,
    exit: 1,
    summary:
      'The disk of the data directory is full, or only the reserve for the logs and the database is left. Nothing of the request was stored.',
    hint: 'free space on the disk of the data directory, then send the request again',
  },
  'storage.broken': {
    status: 503,
    exit: 1,
    lasts: true,
    summary:
      'The server cannot read or write its data directory, as with a failing disk, missing permissions or a damaged database. Nothing of the request was stored.',
    hint: "operators: the log of the server names the file; 'wheelseal doctor --check-files' checks all files",
  },
  'storage.descriptors': {
    status: 503,
    exit: 1,
    summary: 'The server has reached its limit of open files. Nothing of the request was stored.',
    hint: 'try again in a minute; operators: raise the limit of open files (`ulimit -n`)',
  },
  'storage.busy': {
    status: 503,
    exit: 1,
    summary: 'Another program holds the database of the data directory. Nothing of the request was stored.',
    hint: 'try again in a minute; operators: end the other program that has the database open',
  },
  'storage.locked': {
    status: 500,
    exit: 1,
    summary: 'Another process uses the data directory.',
    hint: 'stop the other process, or choose another directory with --data',
  },
  'storage.anchor': {
    status: 500,
    exit: 1,
    summary: 'The anchor file, which records the newest tree heads of the logs, cannot be used.',
    hint: 'name another file with --anchor; if the old one is lost, first compare the logs with a client that saw a newer tree head',
  },
  'storage.git': {
    status: 503,
    exit: 1,
    summary: 'The program git could not be started on the server, took too long, or failed.',
    hint: 'operators: install git 2.36 or newer, and look for the request id in the log of the server',
  },
  'storage.git-busy': {
    status: 503,
    exit: 1,
    summary: 'The server runs as many processes of git as it may.',
    retryAfterSeconds: 30,
    hint: 'try again in a minute',
  },
})
