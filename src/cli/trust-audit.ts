import { Command } from 'commander'
import { withAdmin, type AuditLine } from '../server/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly data?: string
  readonly json?: boolean
}

export function auditCommand(): Command {
  return new Command('audit')
    .description(
      'Lists every action of the operator and its outcome, oldest first: test id tokens, access tokens, projects, runners, key changes.',
    )
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"rows":[{"id":…,"at":…,"action":…,"details":{…},"outcome":…}]}')
    .addHelpText('after', '\nExample: wheelseal trust audit --data ./data')
    .action(async (options: Options) => {
      const rows = await withAdmin(dataFolder(options), async (admin) => Array.fromAsync(admin.audit()))
      createTerminal(options).output({ rows: rows.map((row) => ({ ...row })) }, () =>
        rows.map((row) => line(row)),
      )
    })
}

function line({ at, action, details, outcome, code }: AuditLine): string {
  const words = Object.entries(details).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const ended = code === undefined ? outcome : `${outcome} (${code})`
  return `${at}  ${action}  ${ended}  ${words.join(' ')}`
}
