import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { EXECUTORS, rehearse, type ExecutorName, type RehearseReport } from '../client/rehearse/index.ts'
import { silentLog, thisProgram } from '../host/index.ts'
import { createLineReader } from './output-reader.ts'
import { createProgress, type Progress } from './run-progress.ts'
import { rehearsalTable } from './rehearse-table.ts'
import { stopSignal } from './stop-signal.ts'
import { createTerminal, writeJson, type Terminal } from './terminal.ts'

interface Options {
  readonly C: string
  readonly cosign?: string
  readonly then?: string
  readonly executor: ExecutorName
  readonly strictImage?: boolean
  readonly mirror?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

const EXPLANATION = `
For a pipeline written for gitlab.com and public Sigstore, unchanged. Inside of its jobs gitlab.com,
fulcio.sigstore.dev, rekor.sigstore.dev and the release of cosign on github.com are this machine; package
indexes are reached, and no other host. Nothing is left afterwards: keys, registry and files are thrown away,
and what was signed verifies nowhere else.

Examples:
  wheelseal rehearse -C ../my-package
  wheelseal rehearse --cosign ./cosign-linux-amd64 --then verify-as-a-user.sh

--then gets the trust of the rehearsal, CI_PROJECT_ID, CI_PROJECT_PATH, CI_SERVER_URL, and no token.

Exit: 0 the pipeline and the script succeeded, 1 one failed, 2 wrong usage.`

export function command(): Command {
  return new Command('rehearse')
    .description('Runs a pipeline that is written for gitlab.com here, before it is pushed there.')
    .option('-C <dir>', 'folder of the project', '.')
    .option('--cosign <file>', 'a stock cosign for jobs that download cosign (default: our own)')
    .option('--then <script>', 'run this script afterwards, as a user of the package would')
    .addOption(
      new Option('--executor <name>', 'plain does not isolate jobs').choices(EXECUTORS).default('sandbox'),
    )
    .option('--strict-image', 'fail where the Python that an image names is not installed')
    .option(
      '--mirror <dir>',
      'folder with the projects, templates and remote files that the pipeline includes',
    )
    .option('--json', 'print the result as JSON')
    .option('--quiet', 'print the result only')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

async function run(options: Options): Promise<void> {
  const signal = stopSignal()
  const terminal = createTerminal(options)
  const progress = createProgress(process.stderr, options.quiet === true ? 'quiet' : 'talking')
  const script = createLineReader((line) => terminal.quote([line]))
  const say = (text: string): void => {
    progress.pause()
    terminal.say(text)
  }
  try {
    const report = await rehearse({
      folder: options.C,
      cosign: options.cosign === undefined ? undefined : resolve(options.cosign),
      // oxlint-disable-next-line unicorn/no-thenable -- the flag is called so, and it is no promise
      then: options.then === undefined ? undefined : resolve(options.then),
      executor: options.executor,
      isImageStrict: options.strictImage === true,
      mirror: options.mirror === undefined ? undefined : resolve(options.mirror),
      program: thisProgram(),
      env: definedOf(process.env),
      observer: progress,
      onThenOutput: script.read,
      say,
      signal,
      log: silentLog,
    })
    script.end()
    progress.end()
    render(report, terminal, progress)
  } finally {
    progress.end()
  }
}

function render(report: RehearseReport, terminal: Terminal, progress: Progress): void {
  const { pipeline, files, thenExitCode = 0 } = report
  const isPassed = pipeline.state === 'success'
  if (!isPassed || thenExitCode !== 0 || files.some(({ isVerified }) => !isVerified)) process.exitCode = 1
  if (isPassed) terminal.output(jsonOf(report), () => rehearsalTable(report))
  else if (terminal.isJson) writeJson(jsonOf(report))
  if (!isPassed) explain(report, terminal, progress.failureTail())
  if (thenExitCode !== 0) terminal.complain(`the script of --then failed (exit ${thenExitCode})`)
}

function explain({ pipeline }: RehearseReport, terminal: Terminal, tail: readonly string[]): void {
  const job = pipeline.jobs.find(({ state }) => state === 'failed' || state === 'canceled')
  terminal.quote(tail)
  if (job === undefined) return terminal.complain(`the pipeline ended in state ${pipeline.state}`)
  const why = job.exitCode === null ? job.failureReason?.replaceAll('_', ' ') : `exit ${job.exitCode}`
  terminal.complain(
    job.state === 'failed'
      ? `job ${job.name} of stage ${job.stage} failed (${why ?? 'no reason given'}); the last lines of its log are above`
      : `job ${job.name} of stage ${job.stage} was canceled`,
  )
}

function jsonOf({ pipeline, files, identity, source, thenExitCode }: RehearseReport) {
  const { id, state, jobs } = pipeline
  return JSON.parse(
    JSON.stringify({
      project: source.path,
      sha: source.sha,
      identity,
      pipeline: { id, state, jobs },
      files,
      // oxlint-disable-next-line unicorn/no-thenable -- the key is the flag's name
      then: thenExitCode ?? null,
    }),
  )
}

function definedOf(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
