import { Command } from 'commander'
import { withAdmin, type IssuerKeyState } from '../server/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly now?: boolean
  readonly revoke?: boolean
  readonly data?: string
  readonly json?: boolean
}

export function rotateIssuerCommand(): Command {
  return new Command('rotate-issuer')
    .description(
      'Replaces the key that signs id tokens. The next key is published at once and signs a day later, when every cached key set has it; the old key stays published until its last token has expired. Nothing else needs to be done.',
    )
    .option(
      '--now',
      'sign with the next key at once; verifiers with a cached key set may refuse its tokens for a day',
    )
    .option(
      '--revoke',
      'like --now, and withdraw all other keys: tokens signed with them are refused from now on',
    )
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"keys":[{"id":…,"role":…,"until":…}]}')
    .addHelpText('after', '\nExample: wheelseal trust rotate-issuer --data ./data')
    .action(async (options: Options) => {
      const how = options.revoke === true ? 'revoke' : options.now === true ? 'now' : 'publish'
      const { keys } = await withAdmin(dataFolder(options), (admin) => admin.rotateIssuer({ how }))
      createTerminal(options).output({ keys: keys.map((key) => ({ ...key })) }, () =>
        keys.map((key) => line(key)),
      )
    })
}

function line({ id, role, until = '' }: IssuerKeyState): string {
  const what = { signs: 'signs', next: `signs from ${until}`, previous: `withdrawn at ${until}` }
  return `${id}  ${what[role]}`
}
