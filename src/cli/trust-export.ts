import { Command } from 'commander'
import { exportTrust, type TrustSource } from '../app/index.ts'
import { createTerminal } from './terminal.ts'
import { trustOf, withSource } from './trust-source.ts'

interface Options extends TrustSource {
  readonly out: string
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  wheelseal trust export --out ./trust && . ./trust/cosign.env
  wheelseal trust export --out ./trust --url https://seal.example --fingerprint "$FINGERPRINT"

From a server, everything is verified by TUF under the root of that fingerprint
before anything is written. Get the fingerprint by another way than the files:
wheelseal up and wheelseal trust show print it on the machine of the server.`

export function exportCommand(): Command {
  const command = new Command('export')
    .description(
      'Writes what clients need to trust an instance: for cosign 2 and 3, sigstore-python, sigstore-js.',
    )
    .requiredOption('--out <dir>', 'folder to write to; it is made where it is missing')
  return withSource(command)
    .option('--json', 'print the files written')
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      const { files: trust } = await trustOf(options)
      const files = await exportTrust(trust, options.out)
      createTerminal(options).output({ files }, () => files)
    })
}
