import { Command } from 'commander'
import { moveKeysOffline } from '../app/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly data?: string
  readonly json?: boolean
}

export function offlineCommand(): Command {
  return new Command('offline')
    .description(
      'Moves the keys of the roots out of the data directory; the server does not need them to run.',
    )
    .argument('<dir>', 'where to, outside of the data directory')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"moved":[…]}')
    .addHelpText(
      'after',
      `
Example: wheelseal trust offline /media/safe/wheelseal-keys

Only a change of roots needs them again. Whoever loses them must begin a new
instance when the certificates end; whoever steals them can stand in for it.`,
    )
    .action(async (folder: string, options: Options) => {
      const { moved } = await moveKeysOffline(dataFolder(options), folder)
      createTerminal(options).output({ moved }, () => moved)
    })
}
