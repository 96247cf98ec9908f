import { Command, Option } from 'commander'
import {
  REHEARSAL_EXECUTORS,
  rehearse,
  type ExecutorName,
  type RehearseReport,
} from '../client/rehearse/index.ts'
import { silentLog } from '../host/index.ts'
import { createLineReader } from './output-reader.ts'
import { explainEnding, manualNotes } from './pipeline-ending.ts'
import { addPipelineFlags, requestOf, resolved, type PipelineFlags } from './pipeline-flags.ts'
import { openReporting, type PipelineReporting } from './pipeline-reporting.ts'
import { rehearsalTable } from './rehearse-table.ts'
import { orStopped, stopSignal } from './stop-signal.ts'
import { writeJson } from './terminal.ts'

interface Options extends PipelineFlags {
  readonly cosign?: string
  readonly then?: string
  readonly executor: ExecutorName
}

const EXPLANATION = `
For a pipeline written for gitlab.com and public Sigstore, unchanged. Inside of
its jobs gitlab.com, fulcio.sigstore.dev, rekor.sigstore.dev and the release of
cosign on github.com are this machine; package indexes are reached, and no other
host. Nothing is left afterwards: keys, registry and files are thrown away, and
what was signed verifies nowhere else.

Examples:
  wheelseal rehearse -C ../my-package
  wheelseal rehearse --tag v1.2.0
  wheelseal rehearse --cosign ./cosign-linux-amd64 --then verify-as-a-user.sh

--then gets the trust of the rehearsal, CI_PROJECT_ID, CI_PROJECT_PATH,
CI_SERVER_URL, and no token.

Exit: 0 the pipeline and the script succeeded, 1 one failed, 2 wrong usage, 130
stopped by Ctrl-C, 143 by SIGTERM.`

export function command(): Command {
  const rehearsing = new Command('rehearse')
    .description('Runs a pipeline that is written for gitlab.com here, before it is pushed there.')
    .option('--cosign <file>', 'a stock cosign for jobs that download cosign (default: our own)')
    .option('--then <script>', 'run this script afterwards, as a user of the package would')
    .addOption(
      new Option('--executor <name>', 'plain does not isolate jobs')
        .choices(REHEARSAL_EXECUTORS)
        .default('sandbox'),
    )
  return addPipelineFlags(rehearsing).addHelpText('after', EXPLANATION).action(run)
}

async function run(jobs: readonly string[], options: Options): Promise<void> {
  const request = requestOf(options, jobs)
  const reporting = openReporting(options)
  const script = createLineReader((line) => reporting.terminal.quote([line]))
  const signal = stopSignal()
  try {
    const rehearsing = {
      ...request,
      ...reporting.hooks,
      cosign: resolved(options.cosign),
      thenScript: resolved(options.then),
      executor: options.executor,
      onThenOutput: script.read,
      signal,
      log: silentLog,
    }
    const report = await orStopped(signal, () => rehearse(rehearsing))
    script.end()
    reporting.end()
    render(report, reporting, signal)
  } finally {
    reporting.end()
  }
}

function render(report: RehearseReport, reporting: PipelineReporting, signal: AbortSignal): void {
  const { terminal } = reporting
  const { pipeline, files, thenExitCode = 0 } = report
  if (pipeline.state !== 'success') {
    if (terminal.isJson) writeJson(jsonOf(report))
    explainEnding(report, reporting, { signal, more: () => [] })
    return
  }
  if (thenExitCode !== 0 || files.some(({ isVerified }) => !isVerified)) process.exitCode = 1
  for (const note of manualNotes(pipeline)) terminal.say(note)
  terminal.output(jsonOf(report), () => rehearsalTable(report))
  if (thenExitCode !== 0) terminal.complain(`the script of --then failed (exit ${thenExitCode})`)
}

function jsonOf({ pipeline, files, identity, source, thenExitCode }: RehearseReport) {
  const { id, state, jobs } = pipeline
  return JSON.parse(
    JSON.stringify({
      event: 'result',
      project: source.path,
      sha: source.sha,
      identity,
      pipeline: { id, state, jobs },
      files,
      thenExitCode: thenExitCode ?? null,
    }),
  )
}
