import { defineErrors } from '../base/index.ts'

export const appErrors = defineErrors({
  'app.data-not-ours': {
    status: 500,
    exit: 1,
    summary: 'The data directory holds other files and no instance of Wheelseal.',
    hint: 'choose an empty or a new directory with --data',
  },
  'app.data-not-writable': {
    status: 500,
    exit: 1,
    summary: 'The data directory cannot be written.',
    hint: 'choose another directory with --data, or give this user the right to write it',
  },
  'app.data-format': {
    status: 500,
    exit: 1,
    summary: 'The data directory was written by an older version, or a file of it is damaged.',
    hint: 'use the version that wrote it, or put this one file back from a backup; folders below logs/ are never put back',
  },
  'app.data-newer': {
    status: 500,
    exit: 1,
    summary: 'The data directory was written by a newer version, whose files this one might misread.',
    hint: 'use the version that wrote it, or a newer one',
  },
  'app.data-incomplete': {
    status: 500,
    exit: 1,
    summary:
      'A file or folder of the data directory is missing; nothing is made anew, since clients would not know it.',
    hint: 'put back what is named, and nothing else, from where it was moved to or from a backup; folders below logs/ are never put back',
  },
  'app.data-unreadable': {
    status: 500,
    exit: 1,
    summary: 'A file or folder of the data directory is there and cannot be used.',
    hint: 'give this user the right to use it, or take away what stands in its place',
  },
  'app.data-open': {
    status: 500,
    exit: 1,
    summary: 'The data directory, or the folder of its keys or of its socket, is open to other users.',
    hint: "close it with 'chmod 700'",
  },
  'app.data-mismatch': {
    status: 500,
    exit: 1,
    summary: 'Files of the data directory do not belong together, or were changed.',
    hint: 'put the file that is named back from a backup of this instance, that file alone; nothing was changed',
  },
  'app.data-remote': {
    status: 500,
    exit: 1,
    summary: 'The data directory lies on a network file system, whose locks do not keep a second server out.',
    hint: 'choose a directory on a disk of this machine with --data',
  },
  'app.no-instance': {
    status: 500,
    exit: 1,
    summary: 'There is no instance of Wheelseal in the data directory yet.',
    hint: "start one with 'wheelseal up --data DIR'",
  },
  'app.url-fixed': {
    status: 500,
    exit: 1,
    summary:
      'The external URL of a data directory is fixed at its first start; certificates and log entries name it.',
    hint: 'start it as the first time; where a proxy brings clients to another --listen, give the URL of the directory with --external-url; or use another data directory',
  },
  'app.listen-address': {
    status: 400,
    exit: 2,
    summary:
      'The value of --listen is not HOST:PORT, or is an address that no client can use, or only one that others can listen in on.',
    hint: 'write it as 127.0.0.1:7711, or 127.0.0.1:0 for a free port',
  },
  'app.configuration': {
    status: 500,
    exit: 2,
    summary: 'The configuration file cannot be read, or holds what is not known or not possible.',
    hint: 'correct the line that is named; docs/reference/configuration.md lists every key of wheelseal.toml',
  },
  'app.clock': {
    status: 503,
    exit: 1,
    summary: 'The clock of the server was set by more than 30 s while it ran, so no time is signed.',
    hint: 'set the clock right; where it is right now, start the server again',
  },
  'app.external-url': {
    status: 400,
    exit: 2,
    summary: 'The value of --external-url is not a URL that can stand for the server.',
    hint: 'write it as https://seal.example or https://seal.example:8443, without a path; http:// only for 127.0.0.1, [::1] and localhost',
  },
  'app.host': {
    status: 400,
    exit: 2,
    summary: 'The value of --host is not a host name that a client could send.',
    hint: 'write it as seal.internal or seal.internal:8443',
  },
  'app.tls-flags': {
    status: 400,
    exit: 2,
    summary: 'Only one of --tls-cert and --tls-key was given.',
    hint: 'give both, or none for plain HTTP',
  },
  'app.tls-certificate': {
    status: 500,
    exit: 1,
    summary: 'The TLS certificate cannot be read, has expired, or is not valid yet.',
    hint: 'let --tls-cert name a PEM file, the certificate of the server first and those above it after it',
  },
  'app.tls-key': {
    status: 500,
    exit: 1,
    summary: 'The TLS key cannot be read, is open to everybody, or is not that of the certificate.',
    hint: "let --tls-key name the PEM file that belongs to --tls-cert, without a passphrase; 'chmod o= FILE' closes it",
  },
  'app.fingerprint': {
    status: 400,
    exit: 2,
    summary: 'A fingerprint is missing, or is not one.',
    hint: "'wheelseal up' and 'wheelseal trust show' print it on the machine of the server; get it from there by a way that you trust",
  },
  'app.fingerprint-mismatch': {
    status: 502,
    exit: 1,
    summary: 'The TUF root of the server is not the one whose fingerprint was given.',
    hint: 'check the URL and the fingerprint with whoever runs the server; if both are right, somebody stands in between',
  },
  'app.offline-folder': {
    status: 400,
    exit: 1,
    summary: 'The folder for the keys of the roots is not one that can take them.',
    hint: 'name a folder outside of the data directory without such files, best on a medium that is put away',
  },
  'app.offline-none': {
    status: 400,
    exit: 1,
    summary: 'There is no key of a root in the data directory to take away.',
    hint: 'they were moved before; they are where trust offline put them then',
  },
  'app.trust-source': {
    status: 400,
    exit: 2,
    summary: 'The flags do not say whose trust is meant.',
    hint: 'give --data for an instance on this machine, or --url and --fingerprint for a server',
  },
  'app.no-project': {
    status: 400,
    exit: 1,
    summary: 'The folder given is not a project that a pipeline can run on.',
    hint: 'name the folder of a Python project with -C; where it is a git repository, commit once and check out a branch',
  },
  'app.missing': {
    status: 500,
    exit: 1,
    summary: 'The machine lacks a program or a package index that a run needs.',
    hint: 'install what is named, then run the command again',
  },
  'app.git': {
    status: 500,
    exit: 1,
    summary: 'A git command on the project failed.',
    hint: 'the words after the colon are those of git; try the command in the folder of the project',
  },
  'app.socket-path': {
    status: 500,
    exit: 1,
    summary: 'The path of the admin socket is longer than a socket address may be.',
    hint: 'choose a data directory with a shorter path',
  },
})
