import { defineErrors } from '../base/index.ts'

export const cliErrors = defineErrors({
  'cli.release': {
    status: 400,
    exit: 2,
    summary: 'An argument is not the name of a package and one version of it.',
    hint: 'write the package and the version with two equals signs, such as acme-tools==1.0',
  },
  'cli.which-gate': {
    status: 400,
    exit: 2,
    summary: 'The server has several gates, and none was named.',
    hint: 'name one with --gate',
  },
  'cli.gate-flags': {
    status: 400,
    exit: 2,
    summary: 'The flags of a gate do not fit together.',
    hint: 'give --upstream URL and --policy FILE, or --config FILE with [[gates]]',
  },
  'cli.forward-names': {
    status: 400,
    exit: 2,
    summary: 'A project forwards either some package names or all.',
    hint: 'give either --allow with package names, or --all',
  },
  'cli.help-topic': {
    status: 400,
    exit: 2,
    summary: 'The help topic is neither a command nor an error code.',
    hint: "run 'wheelseal --help' for the commands; an error ends with its code in brackets",
  },
})
