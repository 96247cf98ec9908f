import { Command } from 'commander'
import { withAdmin } from '../server/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'
import { auditCommand } from './trust-audit.ts'
import { checkCommand } from './trust-check.ts'
import { rotateIssuerCommand } from './trust-rotate.ts'
import { exportCommand } from './trust-export.ts'
import { offlineCommand } from './trust-offline.ts'
import { showCommand } from './trust-show.ts'

interface TokenOptions {
  readonly project: string
  readonly ref: string
  readonly audience: string
  readonly data?: string
  readonly json?: boolean
}

export function command(): Command {
  return new Command('trust')
    .description('Exports and shows the trust root of an instance, and manages its keys.')
    .addCommand(exportCommand())
    .addCommand(showCommand())
    .addCommand(checkCommand())
    .addCommand(offlineCommand())
    .addCommand(tokenCommand())
    .addCommand(rotateIssuerCommand())
    .addCommand(auditCommand())
}

function tokenCommand(): Command {
  return new Command('token')
    .description(
      "Issues a test id token with all of GitLab's claims. Certificates for it are marked as tests.",
    )
    .requiredOption('--project <group/name>', 'project in the claims of the token')
    .option('--ref <branch>', 'branch in the claims of the token', 'main')
    .option('--audience <name>', 'audience (claim aud) of the token', 'sigstore')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"token":…}')
    .addHelpText('after', '\nExample: SIGSTORE_ID_TOKEN=$(wheelseal trust token --project acme/tools)')
    .action(async ({ project, ref, audience, ...options }: TokenOptions) => {
      const { token } = await withAdmin(dataFolder(options), (admin) =>
        admin.mintIdToken({ project, ref, audience }),
      )
      createTerminal(options).output({ token }, () => [token])
    })
}
