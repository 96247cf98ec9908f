import { Command } from 'commander'
import { checkFiles, removeOrphans, type FileCheck } from '../server/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly data?: string
  readonly checkFiles?: boolean
  readonly repair?: boolean
  readonly json?: boolean
}

export function command(): Command {
  return new Command('doctor')
    .description(
      'Checks the stored files of an instance. Exits with 1 if a file is damaged. --check-files changes nothing and can run while the server runs.',
    )
    .option('--check-files', 'compare every stored file with its recorded size and digest')
    .option(
      '--repair',
      'remove files that no package and no job names, as a crash leaves them; the server must be stopped',
    )
    .option('--data <dir>', DATA_HELP)
    .option(
      '--json',
      'print {"files":…,"bytes":…,"problems":[{"name":…,"path":…,"problem":…}],"removed":{"files":…,"bytes":…}}',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  wheelseal doctor --check-files --data ./data\n  wheelseal doctor --repair --data ./data',
    )
    .action(doctor)
}

async function doctor(options: Options, self: Command): Promise<void> {
  if (options.repair !== true && options.checkFiles !== true)
    self.error('error: name what to do: --check-files, --repair or both')
  const removed = options.repair === true ? await removeOrphans(dataFolder(options)) : undefined
  const check = options.checkFiles === true ? await checkFiles(dataFolder(options)) : undefined
  createTerminal(options).output(
    {
      ...(check === undefined ? {} : { ...check, problems: [...check.problems] }),
      ...(removed === undefined ? {} : { removed: { ...removed } }),
    },
    () => [
      ...(removed === undefined ? [] : [`${removed.files} orphaned files removed, ${removed.bytes} bytes`]),
      ...(check === undefined ? [] : report(check)),
    ],
  )
  if ((check?.problems.length ?? 0) > 0) process.exitCode = 1
}

function report({ files, bytes, problems }: FileCheck): readonly string[] {
  const read = `${files} files, ${bytes} bytes read`
  if (problems.length === 0) return [`${read}: all are intact`]
  const lines = problems.flatMap(({ name, path, problem }) => [`  ${name}: ${problem}`, `    ${path}`])
  return [`${read}: ${problems.length} DAMAGED`, ...lines]
}
