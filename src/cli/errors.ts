import { defineErrors } from '../base/index.ts'

export const cliErrors = defineErrors({
  'cli.help-topic': {
    status: 400,
    exit: 2,
    summary: 'Help was asked for something that is neither a command nor the code of an error.',
    hint: "run 'wheelseal --help' for the commands; a code is what stands in brackets behind an error",
  },
})
