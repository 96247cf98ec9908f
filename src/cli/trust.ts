import { Command } from 'commander'
import { exportTrust, withAdmin } from '../app/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'
import { rotateIssuerCommand } from './trust-rotate.ts'

interface TokenOptions {
  readonly project: string
  readonly ref: string
  readonly audience: string
  readonly data?: string
  readonly json?: boolean
}

interface ExportOptions {
  readonly out: string
  readonly data?: string
  readonly json?: boolean
}

export function command(): Command {
  return new Command('trust')
    .addCommand(exportCommand())
    .addCommand(tokenCommand())
    .addCommand(rotateIssuerCommand())
}

function exportCommand(): Command {
  return new Command('export')
    .description(
      'Writes what cosign 2 needs to trust this instance: fulcio.pem, rekor.pub, ctfe.pub, tsa.pem and cosign.env.',
    )
    .requiredOption('--out <dir>')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print the files written')
    .addHelpText('after', '\nExample: wheelseal trust export --out ./trust && . ./trust/cosign.env')
    .action(async (options: ExportOptions) => {
      const trust = await withAdmin(dataFolder(options), (admin) => admin.trust())
      const files = await exportTrust(trust, options.out)
      createTerminal(options).output({ files }, () => files.join('\n'))
    })
}

function tokenCommand(): Command {
  return new Command('token')
    .description(
      "Mints an id token with all of GitLab's claims, for tries. Its certificate says that it is one.",
    )
    .requiredOption('--project <group/name>')
    .option('--ref <branch>', 'the branch that the token names', 'main')
    .option('--audience <name>', 'who may accept it', 'sigstore')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"token":…}')
    .addHelpText('after', '\nExample: SIGSTORE_ID_TOKEN=$(wheelseal trust token --project acme/tools)')
    .action(async ({ project, ref, audience, ...options }: TokenOptions) => {
      const { token } = await withAdmin(dataFolder(options), (admin) =>
        admin.mintIdToken({ project, ref, audience }),
      )
      createTerminal(options).output({ token }, () => token)
    })
}
