import { Command } from 'commander'
import { exportTrust, type TrustSource } from '../client/index.ts'
import { createTerminal } from './terminal.ts'
import { trustOf, withSource } from './trust-source.ts'

interface Options extends TrustSource {
  readonly out: string
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  wheelseal trust export --out ./trust && . ./trust/cosign.env
  wheelseal trust export --out ./trust --url https://seal.example \\
    --fingerprint "$FINGERPRINT"

With --url, all files are verified by TUF, starting from the root with that
fingerprint, before any is written. Get the fingerprint over another channel
than the files: wheelseal up and wheelseal trust show print it on the server.`

export function exportCommand(): Command {
  const command = new Command('export')
    .description(
      'Writes the trust root and the client settings of an instance, for cosign 2 and 3, sigstore-python and sigstore-js.',
    )
    .requiredOption('--out <dir>', 'folder to write to; created if it does not exist')
  return withSource(command)
    .option('--json', 'print the files written')
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      const { files: trust } = await trustOf(options)
      const files = await exportTrust(trust, options.out)
      createTerminal(options).output({ files }, () => files)
    })
}
