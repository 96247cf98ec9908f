import { defineErrors } from '../base/index.ts'

export const serverErrors = defineErrors({
  'server.data-not-ours': {
    status: 500,
    exit: 1,
    summary: 'The directory is not empty and is not a Wheelseal data directory.',
    hint: 'choose an empty or a new directory with --data',
  },
  'server.data-not-writable': {
    status: 500,
    exit: 1,
    summary: 'This user cannot write to the data directory.',
    hint: 'choose another directory with --data, or give this user write permission',
  },
  'server.data-format': {
    status: 500,
    exit: 1,
    summary: 'The data directory was written by an older version, or one of its files is damaged.',
    hint: 'use the version that wrote it, or restore only this file from a backup; never restore folders below logs/',
  },
  'server.data-newer': {
    status: 500,
    exit: 1,
    summary: 'The data directory was written by a newer version, and this one could misread it.',
    hint: 'use that version, or a newer one',
  },
  'server.data-incomplete': {
    status: 500,
    exit: 1,
    summary:
      'A file or folder of the data directory is missing. It is not created again, because clients would not trust a new one.',
    hint: 'restore only what is named, from where it was moved to or from a backup; never restore folders below logs/ from a backup',
  },
  'server.data-unreadable': {
    status: 500,
    exit: 1,
    summary: 'A file or folder of the data directory exists but cannot be used.',
    hint: 'fix its permissions for this user, or remove what is there in its place',
  },
  'server.data-open': {
    status: 500,
    exit: 1,
    summary: 'The data directory, or its folder keys/ or run/, is accessible to other users.',
    hint: "make it private with 'chmod 700'",
  },
  'server.data-mismatch': {
    status: 500,
    exit: 1,
    summary: 'Files of the data directory do not belong together, or were changed.',
    hint: 'restore only the named file from a backup of this instance; nothing was changed',
  },
  'server.borrowed-name': {
    status: 500,
    exit: 2,
    summary: 'An instance that is kept was to speak in the name of a public service such as gitlab.com.',
    hint: "give --external-url a name of your own; 'wheelseal rehearse' runs a pipeline that names these services, with keys of that one run; to accept id tokens of gitlab.com, list it as an issuer in wheelseal.toml",
  },
  'server.rehearsal-data': {
    status: 500,
    exit: 1,
    summary: 'A rehearsal uses keys of its own in a new directory, and this one is not new.',
    hint: 'start the rehearsal again',
  },
  'server.data-remote': {
    status: 500,
    exit: 1,
    summary:
      'The data directory is on a network file system, where file locks do not reliably exclude a second server.',
    hint: 'choose a directory on a local disk with --data',
  },
  'server.no-gate': {
    status: 500,
    exit: 1,
    summary: 'No server with gates runs on the data directory.',
    hint: "start one with 'wheelseal gate up', or name its directory with --data",
  },
  'server.no-instance': {
    status: 500,
    exit: 1,
    summary: 'The data directory holds no Wheelseal instance yet.',
    hint: "create one with 'wheelseal up --data DIR'",
  },
  'server.backup-folder': {
    status: 400,
    exit: 1,
    summary: 'The folder for the backup is not empty and holds no backup of this instance.',
    hint: "name a new folder, or one that 'wheelseal backup' wrote for the same instance; never one inside the data directory",
  },
  'server.backup-damaged': {
    status: 500,
    exit: 1,
    summary: 'A stored file is missing or damaged, so the backup or the restore is incomplete.',
    hint: "list all damaged files with 'wheelseal doctor --check-files'; put the file back, then repeat the command: it goes on where it stopped",
  },
  'server.no-backup': {
    status: 400,
    exit: 1,
    summary: 'The folder holds no finished backup.',
    hint: "name the folder that 'wheelseal backup DIR' wrote; one that was interrupted is finished by running the same command again",
  },
  'server.restore-folder': {
    status: 400,
    exit: 1,
    summary: 'A backup is restored only into a new or empty directory.',
    hint: 'name a directory that does not exist yet with --data; nothing was changed',
  },
  'server.url-fixed': {
    status: 500,
    exit: 1,
    summary:
      'The external URL of a data directory is fixed at its first start, because certificates and log entries contain it.',
    hint: 'start it with the flags of its first start; if a proxy forwards to another --listen address, pass the fixed URL with --external-url; or use another data directory',
  },
  'server.listen-address': {
    status: 400,
    exit: 2,
    summary:
      'The value of --listen is not HOST:PORT, or clients cannot connect to it, or tokens sent to it would not be encrypted.',
    hint: 'write it as 127.0.0.1:7711, or 127.0.0.1:0 for a free port',
  },
  'server.configuration': {
    status: 500,
    exit: 2,
    summary: 'The configuration file cannot be read, or has an unknown key or an invalid value.',
    hint: 'correct the named line; docs/reference/configuration.md lists every key of wheelseal.toml',
  },
  'server.clock': {
    status: 503,
    exit: 1,
    summary:
      'The clock of the server was changed by more than 30 s while it ran; nothing that contains the time is signed.',
    hint: 'correct the clock; if it is correct now, restart the server',
  },
  'server.external-url': {
    status: 400,
    exit: 2,
    summary: 'The value of --external-url is not usable as the URL of the server.',
    hint: 'write it as https://seal.example or https://seal.example:8443, without a path; http:// only for 127.0.0.1, [::1] and localhost',
  },
  'server.host': {
    status: 400,
    exit: 2,
    summary: 'The value of --host is not a valid host name.',
    hint: 'write it as seal.internal or seal.internal:8443',
  },
  'server.tls-flags': {
    status: 400,
    exit: 2,
    summary: 'Only one of --tls-cert and --tls-key was given.',
    hint: 'give both, or neither for plain HTTP',
  },
  'server.tls-certificate': {
    status: 500,
    exit: 1,
    summary: 'The TLS certificate cannot be read, has expired, or is not valid yet.',
    hint: 'give --tls-cert a PEM file: the certificate of the server first, then its intermediates',
  },
  'server.tls-key': {
    status: 500,
    exit: 1,
    summary: 'The TLS key cannot be read, is readable by every user, or does not match the certificate.',
    hint: "give --tls-key the PEM key of --tls-cert, without a passphrase; 'chmod o= FILE' makes it private",
  },
  'server.offline-folder': {
    status: 400,
    exit: 1,
    summary: 'The folder for the root keys is not usable.',
    hint: 'name a folder outside of the data directory that has no such key files yet, best on removable storage',
  },
  'server.offline-none': {
    status: 400,
    exit: 1,
    summary: 'The data directory holds no root keys to move.',
    hint: "they were moved earlier, to the folder that 'wheelseal trust offline' was given then",
  },
  'server.log-answer': {
    status: 502,
    exit: 1,
    summary: 'A transparency log did not answer for the entry of a signature.',
    hint: 'the server asks again by itself; or publish a bundle X.sigstore.json, which contains the entry',
  },
  'server.socket-path': {
    status: 500,
    exit: 1,
    summary: 'The path of the admin socket is too long for a Unix socket.',
    hint: 'choose a data directory with a shorter path',
  },
})
