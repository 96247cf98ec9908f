import { Command } from 'commander'
import { isoTimeMs } from '../base/index.ts'
import { restoreBackup } from '../server/index.ts'
import { createFileCounter } from './file-count.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly data: string
  readonly json?: boolean
  readonly quiet?: boolean
}

const EXAMPLES = `
Example:
  wheelseal restore /backup/wheelseal --data ./data &&
    wheelseal up --data ./data

The server serves packages at once. It signs again only when the folder logs/ of
the lost server was moved into the data directory and its --anchor file shows
that no entry is missing; the backup holds no transparency log.
Tokens that were revoked after the backup are valid again: revoke them again.`

export function command(): Command {
  return new Command('restore')
    .description('Makes a data directory of a backup; every stored file is compared with its digest.')
    .argument('<dir>', 'folder that wheelseal backup wrote')
    .requiredOption('--data <dir>', 'data directory to make: one that does not exist, or is empty')
    .option('--json', 'print {"url":…,"madeAt":…,"files":…,"bytes":…}')
    .option('--quiet', 'print errors only')
    .addHelpText('after', EXAMPLES)
    .action(restore)
}

async function restore(from: string, options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const { data } = options
  const counter = createFileCounter(options.quiet === true ? undefined : process.stderr, 'restored')
  const backup = await restoreBackup({ from, data, onFile: counter.count }).finally(counter.end)
  const { url, files, bytes } = backup
  const madeAt = isoTimeMs(backup.madeAtMs)
  terminal.output({ url, madeAt, files, bytes }, () => [
    `restored ${url} as of ${madeAt}: ${files} stored files, ${bytes} bytes`,
    `start it with: wheelseal up --data ${data}`,
    'nothing can be signed until the folder logs/ of the lost server is moved there and its --anchor file is given',
  ])
}
