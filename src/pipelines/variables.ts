import { isoTime, parseIsoTime } from '../base/index.ts'
import type { Variable } from '../ciconfig/index.ts'
import { environmentValues } from './environments.ts'
import type { PipelineCommit, PipelineOrigin, PipelineProject, PipelineUser } from './origin.ts'
import type { JobRecord, RunnerRecord } from './store.ts'

/** The GitLab whose surface this server has; scripts ask for it before they use what is newer. */
export const GITLAB_VERSION = '18.9.0'

export const NO_SHA = '0'.repeat(40)

type Values = Readonly<Record<string, string | undefined>>

/** Predefined variables that are known before there is a job (gitlab-surface 3.5, P). */
export function pipelineVariables(
  origin: Omit<PipelineOrigin, 'stages' | 'projectVariables' | 'pipelineVariables'>,
  { externalUrl, createdAtMs }: { readonly externalUrl: string; readonly createdAtMs: number },
): readonly Variable[] {
  return predefined({
    CI: 'true',
    GITLAB_CI: 'true',
    ...serverValues(externalUrl),
    ...projectValues(origin.project, externalUrl),
    CI_CONFIG_PATH: origin.configPath,
    ...commitValues(origin.commit),
    CI_COMMIT_REF_PROTECTED: String(isProtected(origin)),
    CI_PIPELINE_SOURCE: origin.source,
    CI_PIPELINE_CREATED_AT: isoTime(createdAtMs / 1000),
    ...userValues(origin.user),
  })
}

/** GitLab protects the default branch of a new project. */
export function isProtected({ commit, project }: Pick<PipelineOrigin, 'commit' | 'project'>): boolean {
  return commit.isRefProtected ?? (commit.refType === 'branch' && commit.ref === project.defaultBranch)
}

export interface JobFacts {
  readonly job: JobRecord
  readonly pipeline: { readonly id: number; readonly iid: number; readonly projectPath: string }
  readonly runner: RunnerRecord
  readonly runnerInfo: Readonly<Record<string, string>>
  readonly externalUrl: string
}

/** Predefined variables of one job, without its secrets (gitlab-surface 3.5, L and J). */
export function jobVariables({ job, pipeline, runner, runnerInfo, ...facts }: JobFacts): readonly Variable[] {
  const pages = `${facts.externalUrl}/${pipeline.projectPath}/-`
  const { environment } = job.plan
  const url = environment?.url ?? null
  return predefined({
    ...environmentValues(environment),
    CI_PIPELINE_ID: String(pipeline.id),
    CI_PIPELINE_IID: String(pipeline.iid),
    CI_PIPELINE_URL: `${pages}/pipelines/${pipeline.id}`,
    CI_JOB_ID: String(job.id),
    CI_JOB_URL: `${pages}/jobs/${job.id}`,
    CI_JOB_NAME: job.plan.name,
    CI_JOB_NAME_SLUG: slug(job.plan.name),
    CI_JOB_GROUP_NAME: job.plan.name,
    CI_JOB_STAGE: job.plan.stage,
    CI_JOB_IMAGE: job.plan.image?.name,
    CI_JOB_STARTED_AT: isoTime((job.startedAtMs ?? 0) / 1000),
    CI_JOB_TIMEOUT: String(job.timeoutSeconds ?? 0),
    CI_JOB_MANUAL: job.plan.when === 'manual' || job.plan.when === 'delayed' ? 'true' : undefined,
    ...nodeValues(job.plan),
    CI_SERVER: 'yes',
    CI_RUNNER_ID: String(runner.id),
    CI_RUNNER_DESCRIPTION: runner.description,
    CI_RUNNER_TAGS: JSON.stringify(runner.tags),
    CI_RUNNER_VERSION: runnerInfo['version'],
    CI_RUNNER_REVISION: runnerInfo['revision'],
    CI_RUNNER_EXECUTABLE_ARCH: architecture(runnerInfo),
    // The one predefined value that refers to others.
  }).concat(url === null ? [] : [{ key: 'CI_ENVIRONMENT_URL', value: url }])
}

function nodeValues({ parallel }: JobRecord['plan']): Values {
  const { index, total = 1 } = parallel ?? {}
  return { CI_NODE_INDEX: index?.toString(), CI_NODE_TOTAL: String(total) }
}

function architecture({
  platform,
  architecture: machine,
}: Readonly<Record<string, string>>): string | undefined {
  return platform === undefined || machine === undefined ? undefined : `${platform}/${machine}`
}

/** A value with a `$` in it is a person's text (a commit's title, a name), never a reference. */
function predefined(values: Values): readonly Variable[] {
  return Object.entries(values).flatMap(([key, value]) => {
    if (value === undefined) return []
    return [/[$%]/.test(value) ? { key, value, isRaw: true } : { key, value }]
  })
}

function serverValues(externalUrl: string): Values {
  const url = new URL(externalUrl)
  const [major, minor, patch] = GITLAB_VERSION.split('.')
  const protocol = url.protocol.replace(':', '')
  return {
    CI_SERVER_URL: externalUrl,
    CI_SERVER_HOST: url.hostname,
    CI_SERVER_PORT: url.port === '' ? (protocol === 'https' ? '443' : '80') : url.port,
    CI_SERVER_FQDN: url.host,
    CI_SERVER_PROTOCOL: protocol,
    CI_SERVER_NAME: 'GitLab',
    CI_SERVER_VERSION: GITLAB_VERSION,
    CI_SERVER_VERSION_MAJOR: major,
    CI_SERVER_VERSION_MINOR: minor,
    CI_SERVER_VERSION_PATCH: patch,
    CI_API_V4_URL: `${externalUrl}/api/v4`,
    GITLAB_FEATURES: '',
  }
}

function projectValues(project: PipelineProject, externalUrl: string): Values {
  return {
    CI_PROJECT_ID: String(project.id),
    CI_PROJECT_NAME: lastSegment(project.path),
    CI_PROJECT_TITLE: project.name,
    CI_PROJECT_PATH: project.path,
    CI_PROJECT_PATH_SLUG: slug(project.path),
    CI_PROJECT_NAMESPACE: project.namespacePath,
    CI_PROJECT_NAMESPACE_ID: String(project.namespaceId),
    CI_PROJECT_NAMESPACE_SLUG: slug(project.namespacePath),
    CI_PROJECT_ROOT_NAMESPACE: project.path.split('/')[0],
    CI_PROJECT_URL: `${externalUrl}/${project.path}`,
    CI_PROJECT_VISIBILITY: project.visibility,
    CI_DEFAULT_BRANCH: project.defaultBranch,
  }
}

export function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function commitValues(commit: PipelineCommit): Values {
  const { sha, ref, refType } = commit
  return {
    CI_COMMIT_SHA: sha,
    CI_COMMIT_SHORT_SHA: sha.slice(0, 8),
    CI_COMMIT_BEFORE_SHA: commit.beforeSha ?? NO_SHA,
    CI_COMMIT_BRANCH: refType === 'branch' ? ref : undefined,
    CI_COMMIT_TAG: refType === 'tag' ? ref : undefined,
    CI_COMMIT_REF_NAME: ref,
    CI_COMMIT_REF_SLUG: slug(ref),
    CI_COMMIT_AUTHOR: commit.author,
    CI_COMMIT_TIMESTAMP: commit.timestamp,
    SOURCE_DATE_EPOCH: epochSeconds(commit.timestamp),
    ...messageValues(commit),
  }
}

/**
 * Not of GitLab: with the time of the commit, tools that know reproducible-builds.org/specs/source-date-epoch give the
 * same bytes when a commit is built again.
 */
function epochSeconds(timestamp: string | undefined): string | undefined {
  const seconds = parseIsoTime(timestamp ?? '')
  return Number.isNaN(seconds) ? undefined : String(Math.floor(seconds))
}

/** GitLab's description is the message without its first line, or all of it when the title was cut. */
function messageValues({ title, message }: PipelineCommit): Values {
  if (title === undefined && message === undefined) return {}
  const whole = message ?? title ?? ''
  const end = whole.indexOf('\n')
  return {
    CI_COMMIT_TITLE: title ?? (end < 0 ? whole : whole.slice(0, end)),
    CI_COMMIT_MESSAGE: whole,
    CI_COMMIT_DESCRIPTION: end < 0 ? '' : whole.slice(end + 1).trim(),
  }
}

function userValues(user: PipelineUser): Values {
  return {
    GITLAB_USER_ID: String(user.id),
    GITLAB_USER_EMAIL: user.email,
    GITLAB_USER_LOGIN: user.login,
    GITLAB_USER_NAME: user.name ?? user.login,
  }
}

/** GitLab's slug: lower case, anything but letters and digits a hyphen, at most 63 bytes, no hyphen at the ends. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '')
}
