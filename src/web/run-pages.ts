import type { Project } from '../access/index.ts'
import { isoTimeMs } from '../base/index.ts'
import type { PipelineRecord, ShownJob, ShownPipeline } from '../pipelines/index.ts'
import { logLines } from './log-lines.ts'
import { markup, NOTHING, type Markup } from './markup.ts'
import { table } from './table.ts'
import { sizeWords } from './words.ts'

/** From a page to the root of the server, with a slash at its end. */
export interface RunPlace {
  readonly up: string
}

export interface PipelineListView {
  readonly project: Project
  readonly pipelines: readonly PipelineRecord[]
  /** Where the list goes on; undefined at its end. */
  readonly nextPage: number | undefined
}

function projectLink({ path }: Project, { up }: RunPlace, rest = ''): string {
  return `${up}${path}${rest}`
}

export function pipelinesPage({ project, pipelines, nextPage }: PipelineListView, place: RunPlace): Markup {
  const rows = pipelines.map((pipeline) => {
    const { id, state, origin, createdAtMs } = pipeline
    return markup`<tr role="row">
<th scope="row" role="rowheader"><a href="${projectLink(project, place, `/-/pipelines/${id}`)}">#${id}</a></th>
<td role="cell" data-label="State">${stateWord(state)}</td>
<td role="cell" data-label="Ref">${origin.commit.ref}</td>
<td role="cell" data-label="Commit"><code>${origin.commit.sha.slice(0, 8)}</code> ${titleOf(pipeline)}</td>
<td role="cell" data-label="Created" class="nowrap">${timeOf(createdAtMs)}</td>
</tr>
`
  })
  const more =
    nextPage === undefined
      ? NOTHING
      : markup`<p><a href="${projectLink(project, place, `/-/pipelines?page=${nextPage}`)}">Older pipelines</a></p>`
  return markup`<p><a href="${projectLink(project, place)}">${project.path}</a></p>
<h1>Pipelines of ${project.path}</h1>
${rows.length === 0 ? markup`<p>No pipeline has run.</p>` : table({ caption: 'Pipelines, newest first', heads: ['Pipeline', 'State', 'Ref', 'Commit', 'Created'], rows })}
${more}`
}

function crumbs(project: Project, place: RunPlace, pipelineId?: number): Markup {
  const list = markup`<a href="${projectLink(project, place)}">${project.path}</a> · <a href="${projectLink(project, place, '/-/pipelines')}">Pipelines</a>`
  if (pipelineId === undefined) return markup`<p>${list}</p>`
  const href = projectLink(project, place, `/-/pipelines/${pipelineId}`)
  return markup`<p>${list} · <a href="${href}">Pipeline #${pipelineId}</a></p>`
}

function titleOf({ origin: { commit } }: PipelineRecord): string {
  return commit.title ?? commit.message?.split('\n', 1)[0] ?? ''
}

function timeOf(ms: number | null): Markup {
  if (ms === null) return markup`–`
  const text = isoTimeMs(ms)
  return markup`<time datetime="${text}">${text.slice(0, 16).replace('T', ' ')} UTC</time>`
}

const TONES: Readonly<Record<string, string>> = {
  success: 'good',
  failed: 'bad',
  canceled: 'soft',
  skipped: 'soft',
  running: 'wait',
  pending: 'wait',
}

function stateWord(state: string): Markup {
  return markup`<span class="${TONES[state] ?? 'wait'}">${state.replaceAll('_', ' ')}</span>`
}

function durationWords(fromMs: number | null, toMs: number | null): string {
  if (fromMs === null || toMs === null) return '–'
  const seconds = Math.round((toMs - fromMs) / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`
}

/** Jobs of a pipeline may be many, and each is small. */
export function pipelinePage(project: Project, { pipeline, shown }: ShownPipeline, place: RunPlace): Markup {
  const { id, state, origin } = pipeline
  const stages = [...new Set(shown.toSorted(byStage).map(({ job }) => job.plan.stage))]
  const parts = stages.map((stage) => {
    const jobs = shown.filter(({ job }) => job.plan.stage === stage)
    const rows = jobs.map((one) => jobLine(project, one, place))
    const heads = ['Job', 'State', 'Started', 'Duration']
    return markup`<div class="jobs">${table({ caption: markup`<h2>Stage ${stage}</h2>`, heads, rows })}</div>
`
  })
  return markup`${crumbs(project, place)}
<h1>Pipeline #${id}</h1>
<dl>
<dt>State</dt><dd>${stateWord(state)}</dd>
<dt>Ref</dt><dd>${origin.commit.ref} (${origin.commit.refType})</dd>
<dt>Commit</dt><dd><code>${origin.commit.sha}</code> ${titleOf(pipeline)}</dd>
<dt>Started by</dt><dd>${origin.user.login}, ${origin.source}</dd>
<dt>Created</dt><dd>${timeOf(pipeline.createdAtMs)}</dd>
<dt>Duration</dt><dd>${durationWords(pipeline.startedAtMs, pipeline.finishedAtMs)}</dd>
</dl>
${origin.yamlErrors === undefined ? NOTHING : yamlErrors(origin.yamlErrors)}${parts}`
}

function yamlErrors(lines: readonly string[]): Markup {
  return markup`<h2>The pipeline file is invalid</h2>
<ul>
${lines.map((line) => markup`<li><code>${line}</code></li>\n`)}
</ul>
`
}

function byStage(one: ShownJob, other: ShownJob): number {
  return one.job.stageIndex - other.job.stageIndex || one.job.id - other.job.id
}

function jobLine(project: Project, { job, isRetried }: ShownJob, place: RunPlace): Markup {
  const href = projectLink(project, place, `/-/jobs/${job.id}`)
  return markup`<tr role="row">
<th scope="row" role="rowheader"><a href="${href}">${job.plan.name}</a>${isRetried ? markup` <span class="soft">(tried again)</span>` : NOTHING}</th>
<td role="cell" data-label="State">${stateWord(job.state)}${moreOf(job)}</td>
<td role="cell" data-label="Started" class="nowrap">${timeOf(job.startedAtMs)}</td>
<td role="cell" data-label="Duration" class="nowrap">${durationWords(job.startedAtMs, job.finishedAtMs)}</td>
</tr>
`
}

/** Why it failed, or when it shall begin. */
function moreOf({ state, failureReason, scheduledAtMs }: ShownJob['job']): Markup {
  if (state === 'scheduled') return markup` <span class="soft">(for ${timeOf(scheduledAtMs)})</span>`
  if (failureReason === null) return NOTHING
  return markup` <span class="soft">(${failureReason.replaceAll('_', ' ')})</span>`
}

export interface LogView {
  /** The end of the log, from the beginning of a line. */
  readonly text: string
  readonly size: number
  readonly isWhole: boolean
}

export function jobPage(
  project: Project,
  shown: ShownJob,
  { log, ...place }: RunPlace & { readonly log: LogView },
): Markup {
  const { job, pipeline, artifacts } = shown
  const api = `${place.up}api/v4/projects/${project.id}/jobs/${job.id}`
  const files = artifacts.map(({ type, filename, size }) =>
    type === 'archive'
      ? markup`<li><a href="${api}/artifacts">${filename}</a> (${sizeWords(size)})</li>`
      : markup`<li>${type}: ${filename} (${sizeWords(size)})</li>`,
  )
  const raw = markup`<a href="${api}/trace">the whole log</a>`
  const note = log.isWhole
    ? markup`<p>${raw} (${sizeWords(log.size)})</p>`
    : markup`<p class="note">Only the end is shown here; ${raw} has ${sizeWords(log.size)}.</p>`
  return markup`${crumbs(project, place, pipeline.id)}
<h1>${job.plan.name}</h1>
<dl>
<dt>State</dt><dd>${stateWord(job.state)}${job.state === 'scheduled' ? moreOf(job) : NOTHING}${shown.isRetried ? markup` <span class="soft">(tried again)</span>` : NOTHING}</dd>
${job.failureReason === null ? NOTHING : markup`<dt>Reason</dt><dd>${job.failureReason.replaceAll('_', ' ')}${job.exitCode === null ? '' : `, exit code ${job.exitCode}`}</dd>`}
<dt>Stage</dt><dd>${job.plan.stage}</dd>
<dt>Ref</dt><dd>${pipeline.origin.commit.ref}</dd>
<dt>Started</dt><dd>${timeOf(job.startedAtMs)}</dd>
<dt>Duration</dt><dd>${durationWords(job.startedAtMs, job.finishedAtMs)}</dd>
</dl>
${files.length === 0 ? NOTHING : markup`<h2>Artifacts</h2>\n<ul>${files}</ul>`}
<h2 id="log">Log</h2>
${log.size === 0 ? markup`<p>Nothing was printed.</p>` : markup`${note}\n<pre class="log" tabindex="0" aria-labelledby="log">${logLines(log.text)}</pre>`}`
}
