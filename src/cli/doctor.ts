import { Command } from 'commander'
import { checkFiles, type FileCheck } from '../server/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly data?: string
  readonly checkFiles?: boolean
  readonly json?: boolean
}

export function command(): Command {
  return new Command('doctor')
    .description(
      'Checks the stored files of an instance. Changes nothing and can run while the server runs. Exits with 1 if a file is damaged.',
    )
    .requiredOption('--check-files', 'compare every stored file with its recorded size and digest')
    .option('--data <dir>', DATA_HELP)
    .option('--json', 'print {"files":…,"bytes":…,"problems":[{"name":…,"path":…,"problem":…}]}')
    .addHelpText('after', '\nExample: wheelseal doctor --check-files --data ./data')
    .action(doctor)
}

async function doctor(options: Options): Promise<void> {
  const check = await checkFiles(dataFolder(options))
  createTerminal(options).output({ ...check, problems: [...check.problems] }, () => report(check))
  if (check.problems.length > 0) process.exitCode = 1
}

function report({ files, bytes, problems }: FileCheck): readonly string[] {
  const read = `${files} files, ${bytes} bytes read`
  if (problems.length === 0) return [`${read}: all are intact`]
  const lines = problems.flatMap(({ name, path, problem }) => [`  ${name}: ${problem}`, `    ${path}`])
  return [`${read}: ${problems.length} DAMAGED`, ...lines]
}
