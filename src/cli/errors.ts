import { defineErrors } from '../base/index.ts'

export const cliErrors = defineErrors({
  'cli.help-topic': {
    status: 400,
    exit: 2,
    summary: 'The help topic is neither a command nor an error code.',
    hint: "run 'wheelseal --help' for the commands; an error ends with its code in brackets",
  },
})
