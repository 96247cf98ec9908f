import { join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import {
  checkRequirements,
  EXECUTORS,
  runHere,
  type ExecutorChoice,
  type RunReport,
} from '../client/index.ts'
import { silentLog, systemSpawn } from '../host/index.ts'
import { traceFile } from '../storage/folder/index.ts'
import { instanceUrl } from './instance-url.ts'
import { explainEnding, manualNotes } from './pipeline-ending.ts'
import { addPipelineFlags, requestOf, type PipelineFlags } from './pipeline-flags.ts'
import { openReporting, type PipelineReporting } from './pipeline-reporting.ts'
import { runOnServer } from './run-there.ts'
import { runTable } from './run-table.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { orStopped, stopSignal } from './stop-signal.ts'
import { programName, writeJson } from './terminal.ts'

interface Options extends PipelineFlags {
  readonly url?: string
  readonly project?: string
  readonly tokenFile?: string
  readonly data?: string
  readonly newData?: boolean
  readonly executor: ExecutorChoice
  readonly listen?: string
  readonly visibility: string
  readonly prependPath: readonly string[]
}

const HELP = `
The pipeline is that of the commit that is checked out; of a folder that is not
a git repository, a copy. A project without .gitlab-ci.yml gets a pipeline that
builds, signs, verifies and publishes it. With names of jobs only these run, and
those that they wait for; a manual job runs when it is named.

With --url the commit is pushed to a server that runs elsewhere, and the jobs of
its pipeline run here, by a runner of the project that is removed at the end.
The access token comes from WHEELSEAL_TOKEN or a file; it is never an argument.

Jobs run in a sandbox of their own where the kernel allows it; else as your
user, and a line says so.

Examples:
  wheelseal run -C ../my-package
  wheelseal run --tag v1.2.0
  wheelseal run --worktree build sign
  wheelseal run --variable DEPLOY_TOKEN --wheelhouse wheels
  wheelseal run --url https://seal.example.com --tag v1.2.0

Exit: 0 the pipeline passed, 1 refused or failed, 2 wrong usage, 130 stopped by
Ctrl-C, 143 by SIGTERM.`

export function command(): Command {
  const running = new Command('run')
    .description("Runs a project's pipeline on this machine.")
    .option('--data <dir>', DATA_HELP)
    .addOption(
      new Option('--url <url>', 'run on this server: push the commit there, and run the jobs here')
        .argParser(instanceUrl)
        .conflicts(['data', 'newData', 'listen', 'visibility', 'worktree', 'wheelhouse', 'mirror']),
    )
    .option('--project <path>', 'with --url: project on the server (default: as remote origin has it)')
    .option('--token-file <path>', 'with --url: file with an access token (default: WHEELSEAL_TOKEN)')
    .option(
      '--new-data',
      "use a new data directory below the user's data folder; only the previous one is kept",
    )
    .addOption(new Option('--executor <name>', 'how jobs are run').choices(EXECUTORS).default('auto'))
    .option('--listen <host:port>', 'address of the services, if they are not running yet')
    .option('--visibility <who>', 'visibility of a new project: private, internal or public', 'private')
    .option('--prepend-path <dir...>', 'folders to put first on the PATH of jobs', [])
  return addPipelineFlags(running).addHelpText('after', HELP).action(run)
}

async function run(jobs: readonly string[], options: Options, self: Command): Promise<void> {
  const { url } = options
  if (url !== undefined) return runOnServer(jobs, { ...options, url })
  if (options.project !== undefined || options.tokenFile !== undefined)
    self.error('error: --project and --token-file need --url')
  const request = requestOf(options, jobs)
  const { env, wheelhouse } = request
  // Before the first temporary folder, so that Ctrl-C removes it.
  const signal = stopSignal()
  await checkRequirements({ spawn: systemSpawn, env, wheelhouse, signal })
  const reporting = openReporting(options)
  const order = {
    ...request,
    ...reporting.hooks,
    executor: options.executor,
    data: options.newData === true ? undefined : dataFolder(options),
    listen: options.listen,
    visibility: options.visibility,
    prependPath: options.prependPath.map((folder) => resolve(folder)),
    signal,
    log: silentLog,
  }
  try {
    const report = await orStopped(signal, () => runHere(order))
    reporting.end()
    render(report, reporting, signal)
  } finally {
    reporting.end()
  }
}

function render(report: RunReport, reporting: PipelineReporting, signal: AbortSignal): void {
  const { terminal } = reporting
  if (report.pipeline.state !== 'success') return explain(report, reporting, signal)
  if (report.files.some(({ isVerified }) => !isVerified)) process.exitCode = 1
  for (const note of manualNotes(report.pipeline)) terminal.say(note)
  const columns = process.stdout.isTTY ? process.stdout.columns : Infinity
  terminal.output(jsonOf(report), () => runTable(report, { program: programAnywhere(), columns }))
}

/** How people started this program, for lines that they copy in another folder. */
function programAnywhere(): string {
  const name = programName()
  return name.includes('/') ? resolve(name) : name
}

function explain(report: RunReport, reporting: PipelineReporting, signal: AbortSignal): void {
  if (reporting.terminal.isJson) writeJson(jsonOf(report))
  const traces = join(report.data, 'traces')
  explainEnding(report, reporting, {
    signal,
    more: ({ id }) => [`hint: the whole log is in ${traceFile(traces, id)}`],
  })
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
