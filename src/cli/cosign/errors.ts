import { defineErrors } from '../../base/index.ts'

const seeHelp = "run 'cosign COMMAND --help' for the supported flags"

/** All end with 1, as cosign's do. */
export const cosignErrors = defineErrors({
  'cosign.usage': {
    status: 400,
    exit: 1,
    summary: 'An argument of a cosign command is missing, malformed or not expected.',
    hint: seeHelp,
  },
  'cosign.unknown-command': {
    status: 400,
    exit: 1,
    summary: 'The command is not supported by wheelseal cosign.',
    hint: 'supported are sign-blob, verify-blob, initialize, version and install; for others use cosign itself',
  },
  'cosign.unknown-flag': {
    status: 400,
    exit: 1,
    summary: 'The flag is not known.',
    hint: seeHelp,
  },
  'cosign.unsupported-flag': {
    status: 400,
    exit: 1,
    summary: 'The cosign flag is not supported by wheelseal cosign.',
    hint: `leave the flag or its variable out, or use cosign itself; ${seeHelp}`,
  },
  'cosign.insecure-flag': {
    status: 400,
    exit: 1,
    summary: 'The flag turns off a check, which wheelseal cosign does not support.',
    hint: 'leave the flag or its variable out; the list of checks shows why a check fails',
  },
  'cosign.confirmation': {
    status: 400,
    exit: 1,
    summary: 'Signing publishes the identity in the log permanently, which was not confirmed.',
    hint: 'confirm with --yes or COSIGN_YES=true',
  },
  'cosign.trust-root': {
    status: 400,
    exit: 1,
    summary: 'The trust root is incomplete, or cannot be read or fetched.',
    hint: "'wheelseal trust export --out DIR' writes the files, and DIR/cosign.env names them: run '. DIR/cosign.env'; or run 'cosign initialize --mirror URL --root FILE'",
  },
  'cosign.file': {
    status: 400,
    exit: 1,
    summary: 'The file to sign or verify cannot be read.',
    hint: 'check the file name, and that this user may read the file',
  },
  'cosign.signature': {
    status: 400,
    exit: 1,
    summary: 'The value of --signature is neither a file nor a signature in base64.',
    hint: 'use the .sig file, or its content',
  },
  'cosign.certificate': {
    status: 400,
    exit: 1,
    summary: 'The certificate, or the certificate chain, cannot be read.',
    hint: 'use the .crt file that cosign wrote (PEM in base64), or PEM; a chain must be PEM',
  },
  'cosign.bundle': {
    status: 400,
    exit: 1,
    summary: 'The file is not a bundle that cosign verifies.',
    hint: 'use the file that cosign sign-blob --bundle wrote',
  },
  'cosign.timestamp': {
    status: 400,
    exit: 1,
    summary: 'The timestamp, or the certificate chain of its authority, cannot be read.',
    hint: 'use the file that cosign sign-blob --rfc3161-timestamp wrote, and a PEM chain with the root of its authority',
  },
  'cosign.offline': {
    status: 422,
    exit: 1,
    summary: 'The signature has no log entry, and with --offline the log is not asked.',
    hint: 'verify with --bundle, which contains the log entry, or leave out --offline',
  },
  'cosign.reference': {
    status: 400,
    exit: 1,
    summary: 'A URL or variable was given, but wheelseal cosign supports files only.',
    hint: 'download it first, for example with curl, and use the file',
  },
  'cosign.output': {
    status: 500,
    exit: 1,
    summary: 'An output file cannot be written.',
    hint: 'check that the folder exists, that this user may write to it, and that the disk is not full; then sign again',
  },
  'cosign.install': {
    status: 400,
    exit: 1,
    summary: 'The command cosign cannot be installed in the folder.',
    hint: 'use a folder on the PATH without another cosign',
  },
})
