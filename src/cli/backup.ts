import { Command } from 'commander'
import { isoTimeMs } from '../base/index.ts'
import { makeBackup } from '../server/index.ts'
import { createFileCounter } from './file-count.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly data?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

const EXAMPLES = `
Examples:
  wheelseal backup /backup/wheelseal --data ./data
  wheelseal backup /backup/wheelseal --json

The backup holds packages, users, tokens, pipelines, configuration and private
keys: keep it as secret as the data directory. It holds no transparency log.`

export function command(): Command {
  return new Command('backup')
    .description(
      'Copies an instance into a folder, also while its server runs. Run again with the same folder, it copies only what is new.',
    )
    .argument('<dir>', 'folder of the backup: a new one, or that of an earlier backup')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"url":…,"madeAt":…,"files":…,"bytes":…}')
    .option('--quiet', 'print errors only')
    .addHelpText('after', EXAMPLES)
    .action(backup)
}

async function backup(to: string, options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const counter = createFileCounter(options.quiet === true ? undefined : process.stderr, 'copied')
  const made = await makeBackup({ data: dataFolder(options), to, onFile: counter.count }).finally(counter.end)
  const { url, files, bytes } = made
  terminal.output({ url, madeAt: isoTimeMs(made.madeAtMs), files, bytes }, () => [
    `backed up ${url}: ${files} stored files, ${bytes} bytes`,
    `restore it with: wheelseal restore ${to} --data NEW`,
  ])
}
