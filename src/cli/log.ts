import { Command } from 'commander'
import { checkLogs, type LogReport } from '../server/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly data?: string
  readonly json?: boolean
}

export function command(): Command {
  return new Command('log')
    .description('Checks the two transparency logs of an instance.')
    .addCommand(fsckCommand())
}

function fsckCommand(): Command {
  return new Command('fsck')
    .description(
      'Reads both logs completely, recomputes every hash and compares it with the files. Changes nothing and can run while the server runs; also checks a log that the server refuses to open. Exits with 1 if anything is inconsistent.',
    )
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"logs":[{"name":…,"size":…,"root":…,"problems":[…]}]}')
    .addHelpText('after', '\nExample: wheelseal log fsck --data ./data')
    .action(async (options: Options) => {
      const logs = await checkLogs(dataFolder(options))
      createTerminal(options).output({ logs: logs.map((log) => ({ ...log })) }, () =>
        logs.flatMap((log) => report(log)),
      )
      if (logs.some(({ problems }) => problems.length > 0)) process.exitCode = 1
    })
}

function report({ name, size, root, problems }: LogReport): readonly string[] {
  const head = `${name}: ${size} entries, root ${root}`
  if (problems.length === 0) return [`${head}: intact`]
  return [`${head}: DAMAGED`, ...problems.map((problem) => `  ${problem}`)]
}
