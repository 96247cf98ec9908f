import { expandText, type Cache, type Variable } from '../ciconfig/index.ts'
import { artifactsPayload } from './reports.ts'
import { isProtected, lastSegment, NO_SHA } from './variables.ts'
import type { PipelineOrigin } from './origin.ts'
import type { Giver, JobRecord, PipelineRecord } from './store.ts'

/** The body of a `201` to `POST /api/v4/jobs/request`: GitLab's names and shapes (gitlab-surface 5.2). */
export interface JobPayload {
  readonly id: number
  readonly token: string
  readonly [field: string]: unknown
}

export interface PayloadVariable {
  readonly key: string
  readonly value: string
  readonly public: boolean
  readonly masked: boolean
  readonly raw: boolean
  readonly file: boolean
}

export interface PayloadParts {
  readonly pipeline: PipelineRecord
  readonly job: JobRecord
  readonly token: string
  readonly variables: readonly PayloadVariable[]
  /** Jobs whose artifacts it gets, in the order in which the runner unpacks them. */
  readonly dependencies: readonly Giver[]
  readonly nowMs: number
}

/** Of a new GitLab project, where the job has no variable `GIT_DEPTH`. */
const DEFAULT_GIT_DEPTH = 20
const AFTER_SCRIPT_TIMEOUT_SECONDS = 300

export function buildPayload(parts: PayloadParts): JobPayload {
  const { job, pipeline, token } = parts
  const { plan } = job
  const timeoutSeconds = job.timeoutSeconds ?? 0
  return {
    id: job.id,
    token,
    allow_git_fetch: true,
    job_info: jobInfo(parts),
    git_info: gitInfo(parts),
    runner_info: { timeout: timeoutSeconds, runner_session_url: null, uuid: '' },
    variables: parts.variables,
    inputs: [],
    steps: steps(job, timeoutSeconds),
    hooks: hooks(plan.hooks),
    image:
      plan.image === null
        ? null
        : { name: plan.image.name, entrypoint: null, ports: [], pull_policy: null, executor_opts: {} },
    services: plan.services.map(service),
    artifacts: artifactsPayload(plan.artifacts),
    cache: plan.cache.map((one) => cache(one, { pipeline, variables: parts.variables })),
    credentials: [],
    dependencies: dependencies(parts),
    features: {
      trace_sections: true,
      token_mask_prefixes: ['glpat-', 'glcbt-', 'glrt-'],
      failure_reasons: FAILURE_REASONS,
    },
    policy_options: {},
  }
}

export const FAILURE_REASONS: readonly string[] = [
  'unknown_failure',
  'script_failure',
  'runner_system_failure',
  'job_execution_timeout',
  'image_pull_failure',
]

function jobInfo({ job, pipeline, nowMs }: PayloadParts): object {
  const { project, user } = pipeline.origin
  return {
    id: job.id,
    name: job.plan.name,
    stage: job.plan.stage,
    pipeline_id: pipeline.id,
    project_id: project.id,
    project_name: lastSegment(project.path),
    project_full_path: project.path,
    namespace_id: project.namespaceId,
    root_namespace_id: project.namespaceId,
    organization_id: 1,
    instance_id: '',
    instance_uuid: '',
    user_id: (job.user ?? user).id,
    time_in_queue_seconds: Math.max(0, nowMs - (job.queuedAtMs ?? nowMs)) / 1000,
    project_jobs_running_on_instance_runners_count: '+Inf',
    queue_size: 0,
    queue_depth: 0,
  }
}

function gitInfo({ pipeline, token, variables }: PayloadParts): object {
  const { commit } = pipeline.origin
  const depth = gitDepth(variables)
  return {
    repo_url: repositoryUrl(pipeline.origin, token),
    repo_object_format: commit.sha.length === 64 ? 'sha256' : 'sha1',
    ref: commit.ref,
    ref_type: commit.refType,
    sha: commit.sha,
    before_sha: commit.beforeSha ?? NO_SHA,
    refspecs: refspecs(pipeline.id, commit, depth),
    depth,
    protected: isProtected(pipeline.origin),
  }
}

/** As GitLab reads it: what is no number is 0, and 0 is everything. */
function gitDepth(variables: readonly PayloadVariable[]): number {
  const text = variables.find(({ key }) => key === 'GIT_DEPTH')?.value
  if (text === undefined) return DEFAULT_GIT_DEPTH
  const depth = Number.parseInt(text, 10)
  return Number.isSafeInteger(depth) && depth > 0 ? depth : 0
}

/** With the job's credentials where it is a web address; a path of this machine needs none. */
export function repositoryUrl({ commit }: Pick<PipelineOrigin, 'commit'>, token: string): string {
  const url = URL.parse(commit.repositoryUrl)
  if (url === null || !/^https?:$/.test(url.protocol)) return commit.repositoryUrl
  url.username = 'gitlab-ci-token'
  url.password = token
  return url.href
}

/** Without a depth all branches and tags, as GitLab has it; git itself brings the tags of what it fetches. */
function refspecs(
  pipelineId: number,
  { ref, refType }: PipelineOrigin['commit'],
  depth: number,
): readonly string[] {
  const own = `+refs/pipelines/${pipelineId}:refs/pipelines/${pipelineId}`
  if (depth === 0) return [own, '+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*']
  return [
    own,
    refType === 'tag'
      ? `+refs/tags/${ref}:refs/tags/${ref}`
      : `+refs/heads/${ref}:refs/remotes/origin/${ref}`,
  ]
}

/** `before_script` and `script` are one step in one shell; `after_script` is a step of its own. */
function steps({ plan }: JobRecord, timeoutSeconds: number): readonly object[] {
  const main = {
    name: 'script',
    script: [...plan.before_script, ...plan.script],
    // Ours: other runners read no further than they know.
    before_script_count: plan.before_script.length,
    timeout: timeoutSeconds,
    when: 'on_success',
    allow_failure: false,
  }
  if (plan.after_script.length === 0) return [main]
  const timeout = Math.min(timeoutSeconds, AFTER_SCRIPT_TIMEOUT_SECONDS)
  return [
    main,
    { name: 'after_script', script: plan.after_script, timeout, when: 'always', allow_failure: true },
  ]
}

/** Protected refs have a cache of their own, which nobody else's job can poison. */
function cache(
  planned: Cache,
  {
    pipeline,
    variables,
  }: { readonly pipeline: PipelineRecord; readonly variables: readonly PayloadVariable[] },
): object {
  const { unprotect, key, fallback_keys, policy, ...rest } = planned
  const known = new Map(
    variables.map((one): [string, Variable] => [one.key, { ...one, isRaw: one.raw, isFile: one.file }]),
  )
  const suffix = isProtected(pipeline.origin) ? '-protected' : '-non_protected'
  const named = (one: string): string =>
    `${expandText(one, { variables: known }) ?? one}${unprotect ? '' : suffix}`
  const text = typeof key === 'string' ? key : keyOfFiles(key)
  const said = expandText(policy, { variables: known }) ?? policy
  return {
    ...rest,
    key: named(text),
    policy: POLICIES.includes(said) ? said : 'pull-push',
    fallback_keys: fallback_keys.map(named),
  }
}

const POLICIES = ['pull-push', 'pull', 'push']

/** GitLab's `default` where none of the files is there. */
function keyOfFiles({ prefix, digest }: Exclude<Cache['key'], string>): string {
  const text = digest ?? 'default'
  return prefix === null ? text : `${prefix}-${text}`
}

/** Jobs whose artifacts the runner fetches first. The token is the running job's own. */
function dependencies({ dependencies: all, token }: PayloadParts): readonly object[] {
  return all.flatMap(({ id, name, archive }) => {
    if (archive === null) return []
    const { filename, size } = archive
    return [{ id, name, token, artifacts_file: { filename, size } }]
  })
}

/** Of a job in whose environment there are no containers: the runner says that it starts none. */
function service({ name, alias, entrypoint, command }: JobRecord['plan']['services'][number]): object {
  return { name, alias, entrypoint, command, ports: [], pull_policy: null, executor_opts: {}, variables: [] }
}

function hooks(planned: JobRecord['plan']['hooks']): readonly object[] {
  const script = planned?.['pre_get_sources_script']
  const lines = typeof script === 'string' ? [script] : Array.isArray(script) ? script.flat(10) : []
  const texts = lines.filter((line) => typeof line === 'string')
  return texts.length === 0 ? [] : [{ name: 'pre_get_sources_script', script: texts }]
}
