import { Command } from 'commander'
import { withAdmin, type UserLine } from '../server/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface CommonOptions {
  readonly data?: string
  readonly json?: boolean
}

interface CreateOptions extends CommonOptions {
  readonly admin?: boolean
  readonly email?: string
}

export function command(): Command {
  return new Command('user')
    .description('Creates, lists and blocks the users of an instance.')
    .addCommand(create())
    .addCommand(list())
    .addCommand(setState('block', 'blocked', 'Blocks a user: all tokens of the user stop working at once.'))
    .addCommand(setState('unblock', 'active', 'Unblocks a user: tokens that were not revoked work again.'))
}

function create(): Command {
  return new Command('create')
    .description('Creates a user, who may do nothing before getting a role in a project or group.')
    .argument('<name>', 'name of the user')
    .option('--admin', 'make the user an administrator, who may do everything')
    .option('--email <address>', 'e-mail address, for the API')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print the user')
    .addHelpText('after', '\nExample: wheelseal user create ada --admin')
    .action(async (login: string, options: CreateOptions) => {
      const { admin: isAdministrator = false, email } = options
      const input = { login, isAdministrator, ...(email === undefined ? {} : { email }) }
      const user = await withAdmin(dataFolder(options), (admin) => admin.createUser(input))
      const note = isAdministrator ? ', an administrator' : ''
      createTerminal(options).output({ ...user }, () => [`user ${user.login} has id ${user.id}${note}`])
    })
}

function list(): Command {
  return new Command('list')
    .description('Lists all users by id, with the bots of project, group and deploy tokens.')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"users":[…]}')
    .addHelpText('after', '\nExample: wheelseal user list --data ./data')
    .action(async (options: CommonOptions) => {
      const users = await withAdmin(dataFolder(options), (admin) => Array.fromAsync(admin.users()))
      createTerminal(options).output({ users: users.map((user) => ({ ...user })) }, () =>
        users.map((user) => line(user)),
      )
    })
}

function line({ id, login, isAdministrator, isBot, isBlocked }: UserLine): string {
  const kind = isAdministrator ? 'administrator' : isBot ? 'bot' : 'user'
  return `${String(id).padStart(6)}  ${kind.padEnd(13)}  ${login}${isBlocked ? '  blocked' : ''}`
}

function setState(name: string, state: 'active' | 'blocked', description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<name>', 'name of the user')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print the user')
    .addHelpText('after', `\nExample: wheelseal user ${name} ada`)
    .action(async (login: string, options: CommonOptions) => {
      const user = await withAdmin(dataFolder(options), (admin) => admin.setUserState({ user: login, state }))
      createTerminal(options).output({ ...user }, () => [`user ${user.login} is ${state}`])
    })
}
