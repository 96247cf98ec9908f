import { defineErrors } from '../base/index.ts'

export const logErrors = defineErrors({
  'log.missing': {
    status: 500,
    exit: 1,
    summary: 'A log that the data directory should hold is not there.',
    hint: 'bring this very folder back from where it was moved to; a log is never made anew under an old key, and never put back from a backup',
  },
  'log.exists': {
    status: 500,
    exit: 1,
    summary: 'A log was to be created where there is one.',
    hint: 'open the log instead',
  },
  'log.corrupt': {
    // Not 500: whoever asks is told what is damaged, and that it is not missing.
    status: 503,
    exit: 1,
    lasts: true,
    summary: "The log's files do not fit together, as when a disk is damaged.",
    hint: '`wheelseal log fsck` names everything that does not fit; keep the directory as it is, look for a broken disk, and put the named files back from a copy: full bundles and tiles never change',
  },
  'log.poisoned': {
    status: 503,
    exit: 1,
    summary:
      'A commit of the log failed, so that its outcome is unknown; it takes no more entries until the next start.',
    hint: 'look for a full or broken disk in the log of the server, then start it again',
  },
  'log.full': {
    status: 507,
    exit: 1,
    summary: 'The disk of the log is full. The log takes entries again by itself once there is room.',
    hint: 'free some space on the disk of the data directory, then try again',
  },
  'log.descriptors': {
    status: 503,
    exit: 1,
    summary:
      'The server has as many files and connections open as it may, and cannot open those of its log. The log goes on by itself.',
    hint: 'try again in a minute; the operator raises the limit of open files (`ulimit -n`)',
  },
  'log.frozen': {
    status: 503,
    exit: 1,
    lasts: true,
    summary:
      'The log is behind its anchor: entries were acknowledged that it does not have, as after a backup was put back. It answers reads and takes nothing more.',
    hint: 'bring the newer folder of the log back; where it is lost, keep this directory for reading and begin a new instance: `wheelseal up --data NEW`, whose keys clients must learn',
  },
  'log.clock': {
    status: 503,
    exit: 1,
    summary:
      'The clock of the server was set while it ran, or the newest entry of the log is dated after it. No entry is taken that would get a false time.',
    hint: "set the clock right; where it is right and was wrong before, docs/how-to/run-a-server.md says how to go on ('when the clock was wrong')",
  },
  'log.window': {
    status: 400,
    exit: 1,
    summary:
      'A certificate is not valid at the time that the log would give its entry, so no client would accept it.',
    hint: 'ask for a new certificate, sign with it and send the entry at once; compare the clocks of both machines',
  },
  'log.busy': {
    status: 429,
    exit: 1,
    summary: 'More entries wait to be written than the log has room for.',
    hint: 'try again in a second',
  },
  'log.range': {
    status: 400,
    exit: 1,
    summary: 'An index or a tree size is outside of the log.',
    hint: 'ask for the current size first',
  },
})
