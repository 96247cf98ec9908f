import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { JsonValue } from '../base/index.ts'
import {
  checkRequirements,
  EXECUTORS,
  givenVariable,
  runHere,
  type ExecutorChoice,
  type RunReport,
  type SourceChoice,
} from '../client/index.ts'
import { traceFile } from '../storage/folder/index.ts'
import { silentLog, systemClock, systemSpawn, thisProgram } from '../host/index.ts'
import { eventJson, noteJson, startJson } from './run-events.ts'
import { createProgress, type Progress } from './run-progress.ts'
import { runTable } from './run-table.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { stopSignal } from './stop-signal.ts'
import { createTerminal, programName, writeJson, type Terminal } from './terminal.ts'

interface Options {
  readonly C: string
  readonly data?: string
  readonly newData?: boolean
  readonly ref?: string
  readonly tag?: string
  readonly worktree?: boolean
  readonly variable: readonly string[]
  readonly jobs?: number
  readonly executor: ExecutorChoice
  readonly strictImage?: boolean
  readonly wheelhouse?: string
  readonly listen?: string
  readonly visibility: string
  readonly prependPath: readonly string[]
  readonly mirror?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

const HELP = `
The pipeline is that of the commit that is checked out; of a folder that is no git repository, a copy. A project
without .gitlab-ci.yml gets a pipeline that builds, signs, verifies and publishes it. With names of jobs only these
run, and those that they wait for; a manual job runs when it is named.

Jobs run in a sandbox of their own where the kernel allows it; else as your user, and a line says so.

Examples:
  wheelseal run -C ../my-package
  wheelseal run --tag v1.2.0
  wheelseal run --worktree build sign
  wheelseal run --variable DEPLOY_TOKEN --wheelhouse wheels

Exit: 0 the pipeline passed, 1 refused or failed, 2 wrong usage.`

export function command(): Command {
  return new Command('run')
    .description("Runs a project's pipeline on this machine.")
    .argument('[job...]', 'jobs to run, with those that they wait for (default: all)')
    .option('-C <dir>', 'folder of the project', '.')
    .option('--data <dir>', DATA_HELP)
    .option(
      '--new-data',
      "use a new data directory below the user's data folder; only the previous one is kept",
    )
    .addOption(
      new Option('--ref <ref>', 'run the pipeline of this branch or tag, whatever is checked out').conflicts([
        'tag',
        'worktree',
      ]),
    )
    .addOption(new Option('--tag <tag>', 'run the pipeline of this tag').conflicts('worktree'))
    .option('--worktree', 'include uncommitted changes')
    .option(
      '--variable <name=value>',
      'variable of the pipeline; NAME alone is taken from the environment (repeatable)',
      collect,
      [],
    )
    .option('--jobs <n>', 'jobs at a time (default: one for each processor, at most 4)', count)
    .addOption(new Option('--executor <name>', 'how jobs are run').choices(EXECUTORS).default('auto'))
    .option('--strict-image', 'fail where the Python of an image is not on this machine')
    .option('--wheelhouse <dir>', 'folder of wheels from which pip installs in jobs, without an index')
    .option('--listen <host:port>', 'address of the services, if they are not running yet')
    .option('--visibility <who>', 'visibility of a new project: private, internal or public', 'private')
    .option('--prepend-path <dir...>', 'folders to put first on the PATH of jobs', [])
    .option(
      '--mirror <dir>',
      'folder with the projects, templates and remote files that the pipeline includes',
    )
    .option('--json', 'print events as JSON, one a line; the last is the result')
    .option('--quiet', 'print the result only')
    .addHelpText('after', HELP)
    .action(run)
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

const MAX_JOBS = 64

function count(text: string): number {
  const value = Number(text)
  if (/^[1-9][0-9]?$/.test(text) && value <= MAX_JOBS) return value
  throw new InvalidArgumentError(`it must be a number from 1 to ${MAX_JOBS}`)
}

async function run(jobs: readonly string[], options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const env = definedOf(process.env)
  const variables = options.variable.map((text) => givenVariable(text, env))
  // Before the first temporary folder, so that Ctrl-C removes it.
  const signal = stopSignal()
  await checkRequirements({ spawn: systemSpawn, env, wheelhouse: options.wheelhouse, signal })
  const progress = createProgress(process.stderr, options.quiet === true ? 'quiet' : 'talking')
  const ended = new AbortController()
  void keepTicking(progress, ended.signal)
  try {
    const report = await runHere(requestOf(options, { env, progress, terminal, jobs, variables, signal }))
    progress.end()
    render(report, { terminal, tail: progress.failureTail() })
  } finally {
    ended.abort()
    progress.end()
  }
}

const TICK_MS = 1_000

/** The times of jobs that print nothing go on. */
async function keepTicking(progress: Progress, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await systemClock.sleep(TICK_MS, signal).catch(() => undefined)
    if (!signal.aborted) progress.tick()
  }
}

interface Surroundings {
  readonly env: Readonly<Record<string, string>>
  readonly progress: Progress
  readonly terminal: Terminal
  readonly jobs: readonly string[]
  readonly variables: ReturnType<typeof givenVariable>[]
  readonly signal: AbortSignal
}

const DEFAULT_MAX_JOBS = 4

function requestOf(
  options: Options,
  { env, progress, terminal, jobs, variables, signal }: Surroundings,
): Parameters<typeof runHere>[0] {
  return {
    folder: options.C,
    choice: choiceOf(options),
    jobs,
    variables,
    parallel: options.jobs ?? Math.min(availableParallelism(), DEFAULT_MAX_JOBS),
    executor: options.executor,
    isImageStrict: options.strictImage === true,
    wheelhouse: options.wheelhouse === undefined ? undefined : resolve(options.wheelhouse),
    data: options.newData === true ? undefined : dataFolder(options),
    listen: options.listen,
    visibility: options.visibility,
    prependPath: options.prependPath.map((folder) => resolve(folder)),
    mirror: options.mirror === undefined ? undefined : resolve(options.mirror),
    program: thisProgram(),
    env,
    ...reporting({ progress, terminal }),
    signal,
    log: silentLog,
  }
}

/** To the terminal, and with --json also as values. */
function reporting({
  progress,
  terminal,
}: Pick<Surroundings, 'progress' | 'terminal'>): Pick<
  Parameters<typeof runHere>[0],
  'observer' | 'say' | 'onStart'
> {
  const emit = (json: JsonValue | undefined): void => {
    if (terminal.isJson && json !== undefined) writeJson(json)
  }
  return {
    observer: {
      event: (event) => {
        progress.event(event)
        emit(eventJson(event))
      },
    },
    onStart: (start) => {
      progress.begin(start.pipeline.jobs)
      emit(startJson(start))
    },
    say: (text) => {
      progress.pause()
      terminal.say(text)
      emit(noteJson(text))
    },
  }
}

function choiceOf({ ref, tag, worktree }: Options): SourceChoice {
  if (tag !== undefined) return { kind: 'ref', name: tag, type: 'tag' }
  if (ref !== undefined) return { kind: 'ref', name: ref }
  return { kind: worktree === true ? 'worktree' : 'checkout' }
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
      event: 'result',
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
