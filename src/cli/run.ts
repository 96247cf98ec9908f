import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { checkRequirements, runHere, type RunReport } from '../client/index.ts'
import { traceFile } from '../storage/folder/index.ts'
import { silentLog, systemSpawn, thisProgram } from '../host/index.ts'
import { createProgress, type Progress } from './run-progress.ts'
import { runTable } from './run-table.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { stopSignal } from './stop-signal.ts'
import { createTerminal, programName, writeJson, type Terminal } from './terminal.ts'

interface Options {
  readonly C: string
  readonly data?: string
  readonly newData?: boolean
  readonly listen?: string
  readonly visibility: string
  readonly prependPath: readonly string[]
  readonly mirror?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

export function command(): Command {
  return new Command('run')
    .description("Runs a project's pipeline on this machine. Jobs run as your user, without isolation.")
    .option('-C <dir>', 'folder of the project', '.')
    .option('--data <dir>', DATA_HELP)
    .option(
      '--new-data',
      "use a new data directory below the user's data folder; only the previous one is kept",
    )
    .option('--listen <host:port>', 'address of the services, if they are not running yet')
    .option('--visibility <who>', 'visibility of a new project: private, internal or public', 'private')
    .option('--prepend-path <dir...>', 'folders to put first on the PATH of jobs', [])
    .option(
      '--mirror <dir>',
      'folder with the projects, templates and remote files that the pipeline includes',
    )
    .option('--json', 'print the result as JSON')
    .option('--quiet', 'print the result only')
    .addHelpText('after', '\nExample: wheelseal run -C ../my-package')
    .action(run)
}

async function run(options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const env = definedOf(process.env)
  await checkRequirements({ spawn: systemSpawn, env })
  const progress = createProgress(process.stderr, options.quiet === true ? 'quiet' : 'talking')
  try {
    const report = await runHere(requestOf(options, { env, progress, terminal }))
    progress.end()
    render(report, { terminal, tail: progress.failureTail() })
  } finally {
    progress.end()
  }
}

interface Surroundings {
  readonly env: Readonly<Record<string, string>>
  readonly progress: Progress
  readonly terminal: Terminal
}

function requestOf(
  options: Options,
  { env, progress, terminal }: Surroundings,
): Parameters<typeof runHere>[0] {
  return {
    folder: options.C,
    data: options.newData === true ? undefined : dataFolder(options),
    listen: options.listen,
    visibility: options.visibility,
    prependPath: options.prependPath.map((folder) => resolve(folder)),
    mirror: options.mirror === undefined ? undefined : resolve(options.mirror),
    program: thisProgram(),
    env,
    observer: progress,
    say: (text) => {
      progress.pause()
      terminal.say(text)
    },
    signal: stopSignal(),
    log: silentLog,
  }
}

function render(report: RunReport, explanation: Explanation): void {
  const { terminal } = explanation
  const isPassed = report.pipeline.state === 'success'
  if (!isPassed || report.files.some(({ isVerified }) => !isVerified)) process.exitCode = 1
  if (!isPassed) return explain(report, explanation)
  const columns = process.stdout.isTTY ? process.stdout.columns : Infinity
  terminal.output(jsonOf(report), () => runTable(report, { program: programAnywhere(), columns }))
}

/** How people started this program, for lines that they copy in another folder. */
function programAnywhere(): string {
  const name = programName()
  return name.includes('/') ? resolve(name) : name
}

interface Explanation {
  readonly terminal: Terminal
  readonly tail: readonly string[]
}

function explain(report: RunReport, { terminal, tail }: Explanation): void {
  if (terminal.isJson) writeJson(jsonOf(report))
  const job = report.pipeline.jobs.find(({ state }) => state === 'failed' || state === 'canceled')
  terminal.quote(tail)
  if (job === undefined) return terminal.complain(`the pipeline ended in state ${report.pipeline.state}`)
  const log = traceFile(join(report.data, 'traces'), job.id)
  const above = tail.length === 0 ? '' : '; the last lines of its log are above'
  terminal.complain(`${ending(job)}${above}`, `hint: the whole log is in ${log}`)
}

type Job = RunReport['pipeline']['jobs'][number]

function ending({ name, stage, state, exitCode, failureReason }: Job): string {
  const what = name === stage ? `stage ${stage}` : `job ${name} of stage ${stage}`
  if (state !== 'failed') return `${what} was canceled`
  const why = exitCode === null ? failureReason?.replaceAll('_', ' ') : `exit ${exitCode}`
  return `${what} failed (${why ?? 'no reason given'})`
}

function jsonOf({ pipeline, files, identity, url, data, source }: RunReport) {
  const { id, state, jobs } = pipeline
  return JSON.parse(
    JSON.stringify({
      url,
      data,
      project: source.path,
      sha: source.sha,
      identity,
      pipeline: { id, state, jobs },
      files,
    }),
  )
}

function definedOf(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
