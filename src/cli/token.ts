import { Command, InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../host/index.ts'
import { withAdmin, type TokenInput, type TokenLine } from '../server/index.ts'
import { parseExpiry } from './expiry.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface CommonOptions {
  readonly data?: string
  readonly json?: boolean
}

interface CreateOptions extends CommonOptions {
  readonly user?: string
  readonly project?: string
  readonly group?: string
  readonly deploy?: boolean
  readonly role?: string
  readonly name?: string
  readonly scope: readonly string[]
  /** Milliseconds since 1970. */
  readonly expires?: number
}

export function command(): Command {
  return new Command('token')
    .description('Creates, lists and revokes access tokens for the API of an instance.')
    .addCommand(createCommand())
    .addCommand(list())
    .addCommand(revoke())
}

const EXAMPLES = `
The token is shown once. Examples:
  wheelseal token create --user ada --scope api --expires 90d
  wheelseal token create --project acme/tools --scope api --role developer
  wheelseal token create --project acme/tools --deploy \\
    --scope read_package_registry`

function createCommand(): Command {
  return new Command('create')
    .description(
      'Creates an access token: of a user; of a project or group, with a role there; or a deploy token. With --project or --group it is valid there only.',
    )
    .option('--user <name>', 'user of the token')
    .addOption(
      new Option('--project <group/name>', 'project beyond which the token is not valid').conflicts('group'),
    )
    .option('--group <path>', 'group beyond which the token is not valid')
    .option('--deploy', 'a deploy token, for the packages of a project or group')
    .option('--role <role>', 'role of a token without a user (default: developer)')
    .requiredOption(
      '--scope <scope...>',
      'api (read and write), read_api (read only), read_metrics (the metrics only), read_repository, write_repository (git only); of a deploy token read_repository, read_package_registry, write_package_registry',
    )
    .option('--name <text>', 'what the list of tokens calls it')
    .option('--expires <when>', 'days such as 90d, or a date (default: never)', (text) =>
      parseExpiry(text, systemClock.nowMs()),
    )
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"token":…}')
    .addHelpText('after', EXAMPLES)
    .action(create)
}

async function create(options: CreateOptions): Promise<void> {
  const terminal = createTerminal(options)
  const made = await withAdmin(dataFolder(options), (admin) => admin.createToken(inputOf(options)))
  if (options.deploy === true) terminal.say(`the user name of the deploy token is ${made.user}`)
  terminal.output({ ...made, scopes: [...made.scopes] }, () => [made.token])
}

function inputOf({
  user,
  project,
  group,
  deploy,
  role,
  name,
  scope: scopes,
  expires,
}: CreateOptions): TokenInput {
  const within = project ?? group
  return {
    scopes,
    ...(user === undefined ? {} : { user }),
    ...(within === undefined ? {} : { within }),
    ...(deploy === true ? { kind: 'deploy' } : {}),
    ...(role === undefined ? {} : { role }),
    ...(name === undefined ? {} : { name }),
    ...(expires === undefined ? {} : { expiresAtMs: expires }),
  }
}

function list(): Command {
  return new Command('list')
    .description('Lists all tokens by id, never the tokens themselves.')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"tokens":[…]}')
    .addHelpText('after', '\nExample: wheelseal token list --data ./data')
    .action(async (options: CommonOptions) => {
      const tokens = await withAdmin(dataFolder(options), (admin) => Array.fromAsync(admin.tokens()))
      createTerminal(options).output({ tokens: tokens.map((token) => ({ ...token })) }, () =>
        tokens.map((token) => line(token)),
      )
    })
}

function line({ id, user, scopes, within, expiresAt, revokedAt, name }: TokenLine): string {
  const end =
    revokedAt !== null
      ? `revoked ${day(revokedAt)}`
      : expiresAt === null
        ? 'no expiry'
        : `until ${day(expiresAt)}`
  const where = within === null ? '' : ` in ${within}`
  return `${String(id).padStart(6)}  ${end.padEnd(18)}  ${scopes.join(',')}  ${user}${where}  ${name}`
}

function day(iso: string): string {
  return iso.slice(0, 'YYYY-MM-DD'.length)
}

function revoke(): Command {
  return new Command('revoke')
    .description('Revokes a token, at once and for good.')
    .argument('<id>', 'id of the token, from wheelseal token list', wholeNumber)
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print the token as the list has it')
    .addHelpText('after', '\nExample: wheelseal token revoke 12')
    .action(async (id: number, options: CommonOptions) => {
      const revoked = await withAdmin(dataFolder(options), (admin) => admin.revokeToken(id))
      createTerminal(options).output({ ...revoked }, () => [`token ${id} of ${revoked.user} is revoked`])
    })
}

function wholeNumber(text: string): number {
  if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be the number of a token.')
}
