import { resolve } from 'node:path'
import { runThere, type ExecutorChoice, type RunThereReport } from '../client/index.ts'
import { isOpen } from './open-url.ts'
import { explainEnding, manualNotes } from './pipeline-ending.ts'
import { requestOf, type PipelineFlags } from './pipeline-flags.ts'
import { openReporting, type PipelineReporting } from './pipeline-reporting.ts'
import { orStopped, stopSignal } from './stop-signal.ts'
import { writeJson } from './terminal.ts'

export interface RunThereFlags extends PipelineFlags {
  readonly url: string
  readonly project?: string
  readonly tokenFile?: string
  readonly executor: ExecutorChoice
  readonly prependPath: readonly string[]
}

/** `wheelseal run --url`. */
export async function runOnServer(jobs: readonly string[], options: RunThereFlags): Promise<void> {
  const { url, project, tokenFile, executor, prependPath } = options
  const request = requestOf(options, jobs)
  const signal = stopSignal()
  const reporting = openReporting(options)
  if (isOpen(url)) reporting.terminal.say('the token is sent without TLS: the URL begins with http://')
  const folders = prependPath.map((folder) => resolve(folder))
  const order = { ...request, ...reporting.hooks, url, project, tokenFile, executor, prependPath: folders }
  try {
    const report = await orStopped(signal, () => runThere({ ...order, signal }))
    reporting.end()
    render(report, reporting, signal)
  } finally {
    reporting.end()
  }
}

function render(report: RunThereReport, reporting: PipelineReporting, signal: AbortSignal): void {
  const { terminal } = reporting
  const { pipeline } = report
  if (pipeline.state !== 'success') {
    if (terminal.isJson) writeJson(jsonOf(report))
    const more = (): readonly string[] => [`hint: the pipeline is at ${pipeline.webUrl}`]
    return explainEnding(report, reporting, { signal, more })
  }
  for (const note of manualNotes(pipeline)) terminal.say(note)
  terminal.output(jsonOf(report), () => tableOf(report))
}

function tableOf({ project, pipeline }: RunThereReport): readonly string[] {
  const jobs = pipeline.jobs.filter(({ isRetried }) => !isRetried)
  const width = jobs.reduce((widest, { name }) => Math.max(widest, name.length), 0)
  return [
    `${project}, pipeline ${pipeline.id}: ${pipeline.state}`,
    ...jobs.map(({ name, state, durationSeconds }) => {
      const time = durationSeconds === null ? '' : `  ${durationSeconds.toFixed(1)} s`
      return `  ${name.padEnd(width)}  ${state}${time}`
    }),
    pipeline.webUrl,
  ]
}

function jsonOf({ project, pipeline, source }: RunThereReport) {
  const { id, state, jobs, webUrl } = pipeline
  const shown = { id, state, url: webUrl, jobs }
  return JSON.parse(JSON.stringify({ event: 'result', project, sha: source.sha, pipeline: shown }))
}
