import { defineErrors } from '../base/index.ts'

export const hostErrors = defineErrors({
  'host.file': {
    status: 500,
    exit: 1,
    summary: 'A file or folder could not be read or written.',
    hint: 'check that the path exists and that this user may use it',
  },
  'host.pipe': {
    status: 500,
    exit: 1,
    summary: 'A pipe was named as a file, and nobody writes into it, or it was read already.',
    hint: 'start the program that writes into the pipe first and name the pipe once, or write to a file and name that',
  },
  'host.key-file': {
    status: 500,
    exit: 1,
    summary: 'A private key is missing, damaged, or open to other users.',
    hint: "give the file back to its owner with 'chmod 600', or put this one file back from a backup",
  },
  'host.spawn': {
    status: 500,
    exit: 1,
    summary: 'A program could not be started.',
    hint: 'install the program, or put it on PATH',
  },
})
