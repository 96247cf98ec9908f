import { defineErrors } from '../base/index.ts'

export const logErrors = defineErrors({
  'log.missing': {
    status: 500,
    exit: 1,
    summary: 'A log of the data directory is missing.',
    hint: 'move exactly this folder back from where it went; a log is never created again under an old key, and never restored from a backup',
  },
  'log.exists': {
    status: 500,
    exit: 1,
    summary: 'A log was to be created where one already exists.',
    hint: 'open the existing log',
  },
  'log.corrupt': {
    // Not 500: a client is told what is damaged, and that it is not missing.
    status: 503,
    exit: 1,
    lasts: true,
    summary: 'The files of the log are inconsistent, as after disk damage.',
    hint: '`wheelseal log fsck` lists every inconsistency; leave the directory as it is, check the disk, and restore only the named files from a copy: full bundles and tiles never change',
  },
  'log.poisoned': {
    status: 503,
    exit: 1,
    summary:
      'A write to the log failed and its outcome is unknown; the log accepts no entries until a restart.',
    hint: 'check the log of the server for a full or failing disk, then restart it',
  },
  'log.full': {
    status: 507,
    exit: 1,
    summary: 'The disk of the log is full. The log accepts entries again by itself once there is space.',
    hint: 'free space on the disk of the data directory, then try again',
  },
  'log.descriptors': {
    status: 503,
    exit: 1,
    summary:
      'The server has reached its limit of open files and cannot open the files of its log. The log recovers by itself.',
    hint: 'try again in a minute; operators: raise the limit of open files (`ulimit -n`)',
  },
  'log.frozen': {
    status: 503,
    exit: 1,
    lasts: true,
    summary:
      'The log is behind its anchor: acknowledged entries are missing, as after a restore from a backup. It can be read but accepts no entries.',
    hint: 'move the newer folder of the log back; if it is lost, keep this directory for reading and start a new instance (`wheelseal up --data NEW`), whose trust root clients must get',
  },
  'log.lost': {
    status: 503,
    exit: 1,
    lasts: true,
    summary:
      'The server was restored from a backup, which holds no transparency log. Packages are served; nothing can be signed, and the log answers nothing.',
    hint: 'stop the server, move the folder logs/ of the lost server into the data directory and start with the --anchor file of the lost server; if both are gone, sign with a new instance (`wheelseal up --data NEW`): docs/how-to/back-up-and-restore.md',
  },
  'log.clock': {
    status: 503,
    exit: 1,
    summary:
      'The clock of the server was changed while it ran, or is behind the newest entry of the log. No entry is accepted, because its time would be wrong.',
    hint: "correct the clock; if it is correct now and was wrong before, see 'When the clock was wrong' in docs/how-to/run-a-server.md",
  },
  'log.window': {
    status: 400,
    exit: 1,
    summary:
      'The certificate is not valid at the time of its log entry, so no client would accept the entry.',
    hint: 'request a new certificate, sign and submit the entry at once; compare the clocks of both machines',
  },
  'log.busy': {
    status: 429,
    exit: 1,
    summary: 'Too many entries are waiting to be written to the log.',
    hint: 'try again in a second',
  },
  'log.range': {
    status: 400,
    exit: 1,
    summary: 'An index or a tree size is larger than the log.',
    hint: 'request the current tree size first',
  },
})
