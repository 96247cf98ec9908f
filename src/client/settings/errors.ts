import { defineErrors } from '../../base/index.ts'

export const settingsErrors = defineErrors({
  'client.settings': {
    status: 400,
    exit: 2,
    summary:
      'A configuration file of the working directory, or of a folder above it, is malformed or has a wrong value.',
    hint: 'correct the file; docs/reference/configuration.md lists the keys of [tool.wheelseal] and wheelseal.toml',
  },
})
