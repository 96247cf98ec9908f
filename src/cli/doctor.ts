import { Command } from 'commander'
import { checkFiles, type FileCheck } from '../app/index.ts'
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
      'Reads what an instance has stored and says what is damaged. Changes nothing; the server may run. Exit 1 when something is damaged.',
    )
    .requiredOption('--check-files', 'compare every stored file with the size and digest it was stored with')
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
  if (problems.length === 0) return [`${read}: all are as they were stored`]
  const lines = problems.flatMap(({ name, path, problem }) => [`  ${name}: ${problem}`, `    ${path}`])
  return [`${read}: ${problems.length} DAMAGED`, ...lines]
}
