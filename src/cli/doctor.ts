import { Command } from 'commander'
import type { FileCheck } from '../server/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly data?: string
  readonly api?: string
  readonly project?: string
  readonly checkFiles?: boolean
  readonly repair?: boolean
  readonly json?: boolean
  readonly quiet?: boolean
}

const EXAMPLES = `
Without --check-files and --repair it looks at this machine, the settings and
where each of them is from, the proxies, the clock, the services, the trust
root, the log, the tokens, the identity that signatures will name, the package
and its registry. What failed comes first, and causes before what follows from
them; each with the next command. No token is printed, no certificate is
requested and nothing is uploaded. It can run in a job.

Examples:
  wheelseal doctor
  wheelseal doctor my-package==1.0.0
  wheelseal doctor --api https://gitlab.example.com/api/v4 \\
    --project acme/tools my-package==1.0.0
  wheelseal doctor --check-files --data ./data
  wheelseal doctor --repair --data ./data

Exit: 0 nothing failed, 1 a check failed or a file is damaged, 2 wrong usage.`

export function command(): Command {
  return new Command('doctor')
    .description(
      'Finds out what is wrong, and says what to do next; or checks the stored files of an instance.',
    )
    .argument('[release]', 'NAME==VERSION: a release to look for in the registry, which explains a 404')
    .option('--api <url>', 'API of the registry, which ends in /api/v4 (default in a job: CI_API_V4_URL)')
    .option('--project <id>', 'id or path of the project in the registry (default in a job: CI_PROJECT_ID)')
    .option('--check-files', 'compare every stored file with its recorded size and digest; changes nothing')
    .option(
      '--repair',
      'remove files that no package and no job names, as a crash leaves them; the server must be stopped',
    )
    .option('--data <dir>', DATA_HELP)
    .option(
      '--json',
      'print {"outcome":…,"findings":[…]}; with --check-files or --repair {"files":…,"bytes":…,"problems":[…],"removed":{…}}',
    )
    .option('--quiet', 'print only what failed, and warnings')
    .addHelpText('after', EXAMPLES)
    .action(doctor)
}

async function doctor(release: string | undefined, options: Options): Promise<void> {
  if (options.repair === true || options.checkFiles === true) return checkInstance(options)
  const [{ diagnose }, { systemDoctorIo }, words] = await Promise.all([
    import('../client/doctor/index.ts'),
    import('./doctor-io.ts'),
    import('./doctor-report.ts'),
  ])
  const diagnosis = await diagnose(systemDoctorIo({ ...options, release }))
  const terminal = createTerminal(options)
  const shown = options.quiet === true ? words.withoutOrderly(diagnosis) : diagnosis
  terminal.output(words.diagnosisJson(shown), () => words.diagnosisLines(shown))
  terminal.say(words.diagnosisSummary(diagnosis))
  if (diagnosis.outcome === 'failed') process.exitCode = 1
}

async function checkInstance(options: Options): Promise<void> {
  const { checkFiles, removeOrphans } = await import('../server/index.ts')
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
