import { isoTimeMs } from '../base/index.ts'
import type {
  ArtifactRecord,
  JobRecord,
  PipelineCommit,
  PipelineRecord,
  PipelineUser,
  ShownJob,
  ShownPipeline,
} from '../pipelines/index.ts'

/** GitLab's rows of pipelines and jobs; `url` is that of this server, as who asks reaches it. */
export function pipelineListRow({ id, iid, state, origin, ...times }: PipelineRecord, url: string) {
  const { project, commit, source } = origin
  return {
    id,
    iid,
    project_id: project.id,
    sha: commit.sha,
    ref: commit.ref,
    status: state,
    source,
    created_at: isoTimeMs(times.createdAtMs),
    updated_at: isoTimeMs(updatedAt(times)),
    web_url: `${url}/${project.path}/-/pipelines/${id}`,
    name: origin.name ?? null,
  }
}

type Times = Pick<PipelineRecord, 'createdAtMs' | 'startedAtMs' | 'finishedAtMs'>

function updatedAt({ createdAtMs, startedAtMs, finishedAtMs }: Times): number {
  return finishedAtMs ?? startedAtMs ?? createdAtMs
}

export function pipelineShowRow({ pipeline }: Pick<ShownPipeline, 'pipeline'>, url: string) {
  const { origin, state, startedAtMs, finishedAtMs, createdAtMs } = pipeline
  const row = pipelineListRow(pipeline, url)
  return {
    ...row,
    before_sha: origin.commit.beforeSha ?? '0'.repeat(40),
    tag: origin.commit.refType === 'tag',
    yaml_errors: origin.yamlErrors?.join('\n') ?? null,
    user: userRow(origin.user, url),
    started_at: isoOrNull(startedAtMs),
    finished_at: isoOrNull(finishedAtMs),
    committed_at: null,
    duration: wholeSeconds(startedAtMs, finishedAtMs),
    queued_duration: wholeSeconds(createdAtMs, startedAtMs),
    coverage: null,
    detailed_status: detailedStatus(state, new URL(row.web_url).pathname),
    archived: false,
  }
}

function detailedStatus(state: string, path: string) {
  const { text, label, group = state } = STATUS_WORDS[state] ?? { text: state, label: state }
  return {
    icon: `status_${group === 'success-with-warnings' ? 'warning' : state}`,
    text,
    label,
    group,
    tooltip: label,
    has_details: true,
    details_path: path,
    illustration: null,
    favicon: null,
  }
}

/** GitLab's own words, of which clients show one or the other. */
const STATUS_WORDS: Readonly<
  Record<string, { readonly text: string; readonly label: string; readonly group?: string }>
> = {
  success: { text: 'Passed', label: 'passed' },
  failed: { text: 'Failed', label: 'failed' },
  canceled: { text: 'Canceled', label: 'canceled' },
  canceling: { text: 'Canceling', label: 'canceling' },
  skipped: { text: 'Skipped', label: 'skipped' },
  running: { text: 'Running', label: 'running' },
  pending: { text: 'Pending', label: 'pending' },
  created: { text: 'Created', label: 'created' },
  manual: { text: 'Manual', label: 'manual action' },
  scheduled: { text: 'Scheduled', label: 'scheduled' },
  waiting_for_resource: {
    text: 'Waiting',
    label: 'waiting for resource',
    group: 'waiting-for-resource',
  },
}

function userRow({ id, login, name = login }: PipelineUser, url: string) {
  return { id, username: login, name, state: 'active', avatar_url: null, web_url: `${url}/${login}` }
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTimeMs(ms)
}

function seconds(fromMs: number | null, toMs: number | null): number | null {
  return fromMs === null || toMs === null ? null : Math.max(toMs - fromMs, 0) / 1000
}

function wholeSeconds(fromMs: number | null, toMs: number | null): number | null {
  const exact = seconds(fromMs, toMs)
  return exact === null ? null : Math.round(exact)
}

export interface JobPlace {
  readonly url: string
  readonly nowMs: number
}

export function jobRow({ job, pipeline, artifacts }: ShownJob, { url, nowMs }: JobPlace) {
  const { plan, state, startedAtMs, finishedAtMs, queuedAtMs } = job
  const { project, commit } = pipeline.origin
  const archive = artifacts.find(({ type }) => type === 'archive')
  return {
    id: job.id,
    status: state,
    stage: plan.stage,
    name: plan.name,
    ref: commit.ref,
    tag: commit.refType === 'tag',
    coverage: null,
    allow_failure: plan.allow_failure !== false,
    created_at: isoTimeMs(job.createdAtMs),
    started_at: isoOrNull(startedAtMs),
    finished_at: isoOrNull(finishedAtMs),
    erased_at: null,
    duration: seconds(startedAtMs, finishedAtMs ?? (startedAtMs === null ? null : nowMs)),
    queued_duration: seconds(queuedAtMs, startedAtMs ?? (state === 'pending' ? nowMs : null)),
    ...(job.failureReason === null ? {} : { failure_reason: job.failureReason }),
    user: userRow(job.user ?? pipeline.origin.user, url),
    commit: commitRow(commit),
    pipeline: pipelineBriefRow(pipeline, url),
    web_url: `${url}/${project.path}/-/jobs/${job.id}`,
    project: { ci_job_token_scope_enabled: true },
    ...(archive === undefined ? {} : { artifacts_file: { filename: archive.filename, size: archive.size } }),
    artifacts: artifacts.map(artifactRow),
    runner: runnerRow(job),
    runner_manager: null,
    artifacts_expire_at: isoOrNull(archive?.expiresAtMs ?? null),
    archived: false,
    tag_list: job.tags,
  }
}

function pipelineBriefRow(pipeline: PipelineRecord, url: string) {
  const { name: _name, ...row } = pipelineListRow(pipeline, url)
  return row
}

function artifactRow({ type, format, filename, size }: ArtifactRecord) {
  return { file_type: type, size, filename, file_format: format }
}

function runnerRow({ runnerId }: JobRecord) {
  return runnerId === null
    ? null
    : { id: runnerId, active: true, paused: false, is_shared: true, runner_type: 'instance_type' }
}

function commitRow({ sha, title, message, author = '', timestamp }: PipelineCommit) {
  const [, name = author, email = ''] = /^(.*?) *<([^<>]*)>$/.exec(author) ?? []
  const said = message ?? title ?? ''
  return {
    id: sha,
    short_id: sha.slice(0, 8),
    title: title ?? said.split('\n', 1)[0],
    message: said,
    author_name: name,
    author_email: email,
    created_at: timestamp ?? null,
  }
}
