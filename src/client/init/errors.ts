import { defineErrors } from '../../base/index.ts'

export const clientInitErrors = defineErrors({
  'client.init-file': {
    status: 400,
    exit: 1,
    summary:
      'A file that init reads or writes is a symbolic link, a folder or a device, is too large, or is not UTF-8.',
    hint: 'replace it by an ordinary UTF-8 file of the project, then run the command again; nothing was written',
  },
  'client.init-changed': {
    status: 409,
    exit: 1,
    summary: 'A file has changed since init read it or wrote it.',
    hint: 'nothing was written; run the command again, or restore the file with git',
  },
  'client.init-undo': {
    status: 404,
    exit: 1,
    summary: 'There is nothing that init --undo can restore in this folder.',
    hint: 'init keeps what it replaced in the state folder of the user who ran it, by the path of the project; git has the rest',
  },
})
