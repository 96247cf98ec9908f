import { Command } from 'commander'
import { moveKeysOffline } from '../server/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly data?: string
  readonly json?: boolean
}

export function offlineCommand(): Command {
  return new Command('offline')
    .description('Moves the root keys out of the data directory; the server runs without them.')
    .argument('<dir>', 'target folder, outside of the data directory')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"moved":[…]}')
    .addHelpText(
      'after',
      `
Example: wheelseal trust offline /media/safe/wheelseal-keys

They are needed again only to change the roots. If you lose them, you must start
a new instance when the certificates expire. Anyone who steals them can
impersonate this instance.`,
    )
    .action(async (folder: string, options: Options) => {
      const { moved } = await moveKeysOffline(dataFolder(options), folder)
      createTerminal(options).output({ moved }, () => moved)
    })
}
