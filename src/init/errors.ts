import { defineErrors } from '../base/index.ts'

export const initErrors = defineErrors({
  'init.name': {
    status: 400,
    exit: 2,
    summary: 'There is no name for the package, or it is not a valid one.',
    hint: 'give one with --name: letters, digits, hyphens and dots, such as acme-tools',
  },
  'init.target': {
    status: 400,
    exit: 2,
    summary: 'The flags do not say where the pipeline will run, or do not fit together.',
    hint: 'give --for gitlab.com, --for local, or --for self-managed with --url and --fingerprint of the trust services',
  },
  'init.pyproject': {
    status: 400,
    exit: 1,
    summary: 'The file pyproject.toml is not valid TOML, or has a form that is not changed automatically.',
    hint: 'correct the file as the message says, then run the command again; nothing was written',
  },
  'init.pipeline': {
    status: 400,
    exit: 1,
    summary: 'The file .gitlab-ci.yml is not valid YAML, or has a form that is not changed automatically.',
    hint: 'correct the file as the message says, then run the command again; nothing was written',
  },
  'init.not-a-package': {
    status: 400,
    exit: 1,
    summary: 'The project does not build a Python package.',
    hint: 'run the command in the folder of a Python package, or in an empty folder for a new package',
  },
})
