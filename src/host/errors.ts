import { defineErrors } from '../base/index.ts'

export const hostErrors = defineErrors({
  'host.file': {
    status: 500,
    exit: 1,
    summary: 'A file or folder could not be read or written.',
    hint: 'check that the path exists and that this user has access to it',
  },
  'host.pipe': {
    status: 500,
    exit: 1,
    summary: 'A named pipe has no writer, or was already read.',
    hint: 'start the program that writes to the pipe first and name the pipe only once, or use a regular file',
  },
  'host.key-file': {
    status: 500,
    exit: 1,
    summary: 'A private key file is missing, damaged, or accessible to other users.',
    hint: "make it private with 'chmod 600', or restore only this file from a backup",
  },
  'host.spawn': {
    status: 500,
    exit: 1,
    summary: 'A program could not be started.',
    hint: 'install the program, or put it on PATH',
  },
})
