import { Command } from 'commander'
import { withAdmin } from '../server/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly user: string
  readonly scope: readonly string[]
  readonly data?: string
  readonly json?: boolean
}

export function command(): Command {
  return new Command('token')
    .description('Creates access tokens for the API of an instance.')
    .addCommand(
      new Command('create')
        .description(
          'Creates a personal access token, and its user if it does not exist. Users are administrators.',
        )
        .requiredOption('--user <name>', 'user of the token')
        .requiredOption(
          '--scope <scope...>',
          'scopes of the token: api (read and write), read_api (read only)',
        )
        .option('--data <dir>', DATA_HELP)
        .option('--json', 'print {"token":…}')
        .addHelpText(
          'after',
          '\nThe token is shown once. Example: wheelseal token create --user ada --scope api',
        )
        .action(create),
    )
}

async function create(options: Options): Promise<void> {
  const { user, scope: scopes } = options
  const { token } = await withAdmin(dataFolder(options), (admin) => admin.createToken({ user, scopes }))
  createTerminal(options).output({ token }, () => [token])
}
