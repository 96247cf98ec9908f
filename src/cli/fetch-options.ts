import type { Command } from 'commander'
import { addIdentityOptions, addTrustOptions } from './verify-options.ts'

export const TOKEN_HELP = `
The token comes from --token-file or the variable WHEELSEAL_TOKEN; in a job of
GitLab the job token is used. It is sent to the host of the index alone. No code
of a package runs.`

/** Of `fetch` and `install`: where the files are, and who must have signed. */
export function addFetchOptions(command: Command): Command {
  addTrustOptions(addPlaceOptions(command))
  command.option('--key <file>', 'the expected public key (PEM), for signatures without certificate')
  addIdentityOptions(command)
  return command
}

/** Where the files are, and as whom they are asked for. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option(
      '--index-url <url>',
      'simple index with the files; that of a GitLab project has the signatures too',
    )
    .option('--api <url>', 'API of a GitLab (https://gitlab.example.com/api/v4), together with --project')
    .option(
      '--token-file <path>',
      'file with an access token, - for standard input (default: WHEELSEAL_TOKEN, CI_JOB_TOKEN)',
    )
    .option('--user <name>', 'user name of the token, which only deploy tokens need')
}
