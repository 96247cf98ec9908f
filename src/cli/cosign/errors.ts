import { defineErrors } from '../../base/index.ts'

const seeHelp = "run 'cosign COMMAND --help' for the flags of this program"

/** All end with 1, as cosign's do. */
export const cosignErrors = defineErrors({
  'cosign.usage': {
    status: 400,
    exit: 1,
    summary: 'A command of the cosign face was called with missing, malformed or surplus arguments.',
    hint: seeHelp,
  },
  'cosign.unknown-command': {
    status: 400,
    exit: 1,
    summary: 'The cosign face does not have the command.',
    hint: 'it has sign-blob, verify-blob, initialize, version and install; for the others use cosign itself',
  },
  'cosign.unknown-flag': {
    status: 400,
    exit: 1,
    summary: 'A flag is neither one of cosign nor of the cosign face.',
    hint: seeHelp,
  },
  'cosign.unsupported-flag': {
    status: 400,
    exit: 1,
    summary: 'The cosign face does not have a flag that cosign has.',
    hint: `leave the flag, or the variable, out, or use cosign itself; ${seeHelp}`,
  },
  'cosign.insecure-flag': {
    status: 400,
    exit: 1,
    summary: 'A flag asks for less verification, which the cosign face does not offer.',
    hint: 'leave the flag, or the variable, out; to see why a check fails, read the list of checks',
  },
  'cosign.confirmation': {
    status: 400,
    exit: 1,
    summary: 'Signing writes the identity into a log for ever, and nobody agreed to it.',
    hint: 'agree with --yes or COSIGN_YES=true',
  },
  'cosign.trust-root': {
    status: 400,
    exit: 1,
    summary: 'The trust root is not named whole, or cannot be read or fetched.',
    hint: "'wheelseal trust export --out DIR' writes the files, and DIR/cosign.env names them: run '. DIR/cosign.env'; or run 'cosign initialize --mirror URL --root FILE'",
  },
  'cosign.file': {
    status: 400,
    exit: 1,
    summary: 'The file that is to be signed or verified cannot be read.',
    hint: 'check the name, and that this user may read it',
  },
  'cosign.signature': {
    status: 400,
    exit: 1,
    summary: 'What was given as a signature is neither a file nor base64 of a signature.',
    hint: 'name the .sig file, or pass its content',
  },
  'cosign.certificate': {
    status: 400,
    exit: 1,
    summary: 'What was given as a certificate, or as a chain of certificates, cannot be read.',
    hint: 'name the .crt file: base64 of PEM as cosign writes it, or PEM; a chain is PEM',
  },
  'cosign.bundle': {
    status: 400,
    exit: 1,
    summary: 'What was given as a bundle is none that cosign would verify.',
    hint: 'name the file that cosign sign-blob --bundle wrote',
  },
  'cosign.timestamp': {
    status: 400,
    exit: 1,
    summary: 'What was given as a timestamp, or as the chain of its authority, cannot be read.',
    hint: 'name the file that cosign sign-blob --rfc3161-timestamp wrote, and a PEM chain with the root of its authority',
  },
  'cosign.offline': {
    status: 422,
    exit: 1,
    summary: 'The log entry is not in what was given, and with --offline nobody is asked for it.',
    hint: 'verify with --bundle, which holds the entry, or leave out --offline',
  },
  'cosign.reference': {
    status: 400,
    exit: 1,
    summary: 'A URL or a variable is named where the cosign face takes files only.',
    hint: 'fetch it first, for example with curl, and name the file',
  },
  'cosign.output': {
    status: 500,
    exit: 1,
    summary: 'A file that signing makes cannot be written.',
    hint: 'check that the folder is there, that this user may write in it, and that the disk is not full; then sign again',
  },
  'cosign.install': {
    status: 400,
    exit: 1,
    summary: 'The cosign face cannot be installed there.',
    hint: 'name a folder that is on the PATH and in which there is no other cosign',
  },
})
