import { Command } from 'commander'
import { checkLogs, type LogReport } from '../app/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly data?: string
  readonly json?: boolean
}

export function command(): Command {
  return new Command('log').description('Looks after the two logs of an instance.').addCommand(fsckCommand())
}

function fsckCommand(): Command {
  return new Command('fsck')
    .description(
      'Reads both logs whole, derives every hash anew and compares it with what is on disk. Changes nothing; the server may run and goes on serving, and a log that no server would open is checked too. Exit 1 when something does not fit.',
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
  if (problems.length === 0) return [`${head}: whole`]
  return [`${head}: DAMAGED`, ...problems.map((problem) => `  ${problem}`)]
}
