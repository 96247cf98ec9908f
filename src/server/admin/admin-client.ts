import type { SourceRecord } from '../../ciconfig/index.ts'
import { errorKinds, type Http, parseJson, utf8, WheelsealError } from '../../base/index.ts'
import type { Call, Method } from './call.ts'
import { allAfter } from './pages.ts'
import { createPeopleClient, type PeopleAdmin } from './people-client.ts'
import { createPublisherClient, type PublisherAdmin } from './publisher-client.ts'
import type {
  IssuerAdmin,
  IssuerKeyState,
  LogReport,
  PublishedFile,
  RuleBody,
  TrustFiles,
} from '../../http/index.ts'

/** What commands ask of an instance; every method is one request to `http/admin.ts`. */
export interface Admin extends PeopleAdmin, PublisherAdmin {
  createProject(input: {
    readonly path: string
    readonly visibility: string
    readonly defaultBranch?: string
  }): Promise<ProjectSummary>
  setForwarding(input: {
    readonly project: string
    readonly indexUrl: string
    readonly names: readonly string[] | 'all'
  }): Promise<void>
  /** What was published is marked so; a reason of null takes it back. */
  mark(
    how: 'yank' | 'quarantine',
    release: ReleaseInput & { readonly reason: string | null },
  ): Promise<MarkedRelease>
  deleteRelease(release: ReleaseInput): Promise<MarkedRelease>
  setPackageStatus(input: {
    readonly project: string
    readonly name: string
    readonly status: string
    readonly reason: string
  }): Promise<void>
  setPypiSettings(input: { readonly project: string; readonly identicalUploads: string }): Promise<void>
  mintIdToken(input: {
    readonly project: string
    readonly ref: string
    readonly audience: string
  }): Promise<{ readonly token: string }>
  /** An id token of no project, for `trust check`. */
  mintCheckToken(): Promise<{ readonly token: string }>
  trust(): Promise<TrustFiles>
  /** The audit trail, the oldest row first. */
  audit(): AsyncIterable<AuditLine>
  /** Reads both logs whole, which takes as long as they are large. */
  checkLogs(): Promise<{ readonly logs: readonly LogReport[] }>
  rotateIssuer(input: {
    readonly how: Parameters<IssuerAdmin['rotate']>[0]
  }): Promise<{ readonly keys: readonly IssuerKeyState[] }>
  /** By id, all of them. */
  projects(): AsyncIterable<ProjectSummary>
  /** Throws `access.unknown-project`. */
  project(path: string): Promise<ProjectSummary>
  /** Undefined where there is none. */
  findProject(path: string): Promise<ProjectSummary | undefined>
  /** Newest first, asked for as they are read. */
  publishedFiles(path: string): AsyncIterable<PublishedFile>
  /** Throws `access.unknown-project`. */
  rule(path: string): Promise<ProjectRule>
  /** What the change began with. Throws `registry.rule`, `verify.policy-file`. */
  setRule(path: string, rule: RuleBody): Promise<ProjectRule>
  createRunner(input: { readonly description: string }): Promise<{ readonly token: string }>
  createPipeline(input: PipelineInput): Promise<PipelineSummary>
  pipeline(id: number): Promise<PipelineSummary>
  cancelPipeline(id: number): Promise<PipelineSummary>
}

export interface ReleaseInput {
  readonly project: string
  readonly name: string
  readonly version: string
}

/** Name and version in their one spelling. */
export interface MarkedRelease {
  readonly name: string
  readonly version: string
  readonly files: number
}

export interface PipelineInput {
  readonly project: string
  readonly user: string
  readonly commit: {
    readonly repositoryUrl: string
    readonly sha: string
    readonly ref: string
    readonly title: string
    readonly author: string
    readonly timestamp: string
    readonly refType?: 'branch' | 'tag'
    readonly beforeSha?: string
    readonly isRefProtected?: boolean
  }
  readonly config: { readonly path: string; readonly text: string; readonly sources?: SourceRecord }
  readonly variables: readonly {
    readonly key: string
    readonly value: string
    readonly isFile: boolean
    readonly isMasked: boolean
  }[]
  /** Only these and those that they wait for; left out: all. */
  readonly jobs?: readonly string[]
}

export interface PipelineSummary {
  readonly id: number
  readonly projectId: number
  readonly createdAtMs: number
  readonly state: string
  readonly jobs: readonly {
    readonly id: number
    readonly name: string
    readonly stage: string
    readonly state: string
    /** A newer try has taken its place. */
    readonly isRetried: boolean
    /** Its failure is not the pipeline's. */
    readonly allowFailure: boolean
    readonly durationSeconds: number | null
    readonly failureReason: string | null
    readonly exitCode: number | null
  }[]
}

export interface AuditLine {
  readonly id: number
  /** ISO 8601, UTC. */
  readonly at: string
  readonly action: string
  readonly details: Readonly<Record<string, string>>
  readonly outcome: 'done' | 'refused' | 'failed' | 'unknown'
  /** Of the error, where it was refused or failed. */
  readonly code?: string
}

export interface ProjectSummary {
  readonly id: number
  readonly path: string
  readonly visibility: string
}

/** The publish rule of a project; null is off. */
export interface ProjectRule {
  readonly rule: Exclude<RuleBody, { readonly kind: 'off' }> | null
  readonly next: ProjectRule['rule']
  readonly phase: 'in force' | 'narrowing' | 'widening'
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024
/** A log of many million entries is read whole. */
const LONGEST_CHECK_MS = 24 * 60 * 60 * 1000

/** The host is only a name here: the socket, or the app in this process, answers whatever it is called. */
export function callerOf(http: Http, limits: { readonly timeoutMs?: number } = {}): Call {
  return async <T>(method: Method, path: string, body?: object): Promise<T> => {
    const response = await http.request({
      ...limits,
      method,
      url: `http://admin${path}`,
      ...(body === undefined
        ? {}
        : { body: utf8(JSON.stringify(body)), headers: { 'content-type': 'application/json' } }),
    })
    const text = await response.text(MAX_ANSWER_BYTES)
    if (response.status >= 400) throw failureOf(text)
    return (text === '' ? undefined : parseJson(text, { maxLength: MAX_ANSWER_BYTES })) as T
  }
}

export function createAdminClient(http: Http): Admin {
  const call = callerOf(http)
  const findOne = (path: string): Promise<ProjectSummary> =>
    call('GET', `/admin/projects/${encodeURIComponent(path)}`)
  return {
    ...createPeopleClient(call),
    ...createPublisherClient(call),
    createProject: (input) => call('POST', '/admin/projects', input),
    ...packageCalls(call),
    mintIdToken: (input) => call('POST', '/admin/id-tokens', input),
    mintCheckToken: () => call('POST', '/admin/check-tokens', {}),
    trust: () => call('GET', '/admin/trust'),
    audit: () =>
      allAfter(async (after) => {
        const page = call<{ rows: readonly AuditLine[] }>('GET', `/admin/audit?after=${after}`)
        return (await page).rows
      }),
    checkLogs: () => callerOf(http, { timeoutMs: LONGEST_CHECK_MS })('POST', '/admin/logs/check', {}),
    rotateIssuer: (input) => call('POST', '/admin/issuer/rotate', input),
    projects: () =>
      allAfter(async (after) => {
        const page = call<{ projects: readonly ProjectSummary[] }>('GET', `/admin/projects?after=${after}`)
        return (await page).projects
      }),
    project: findOne,
    findProject: (path) => orUndefined(findOne(path)),
    publishedFiles: (path) => publishedFiles(call, path),
    ...ruleCalls(call),
    ...pipelineCalls(call),
  }
}

function pipelineCalls(
  call: Call,
): Pick<Admin, 'createRunner' | 'createPipeline' | 'pipeline' | 'cancelPipeline'> {
  return {
    createRunner: (input) => call('POST', '/admin/runners', input),
    createPipeline: (input) => call('POST', '/admin/pipelines', input),
    pipeline: (id) => call('GET', `/admin/pipelines/${id}`),
    cancelPipeline: (id) => call('POST', `/admin/pipelines/${id}/cancel`, {}),
  }
}

type PackageCalls = Pick<
  Admin,
  'setForwarding' | 'mark' | 'deleteRelease' | 'setPackageStatus' | 'setPypiSettings'
>

function packageCalls(call: Call): PackageCalls {
  return {
    setForwarding: ({ project, ...forwarding }) =>
      call('PUT', `/admin/projects/${encodeURIComponent(project)}/forwarding`, forwarding),
    mark: (how, release) => call('POST', `/admin/packages/${how}`, release),
    deleteRelease: (release) => call('POST', '/admin/packages/delete', release),
    setPackageStatus: (input) => call('POST', '/admin/packages/status', input),
    setPypiSettings: (input) => call('POST', '/admin/packages/settings', input),
  }
}

function publishedFiles(call: Call, path: string): AsyncIterable<PublishedFile> {
  return allAfter(async (last) => {
    const query = last === 0 ? '' : `?before=${last}`
    const place = `/admin/projects/${encodeURIComponent(path)}/files${query}`
    return (await call<{ files: readonly PublishedFile[] }>('GET', place)).files
  })
}

function ruleCalls(call: Call): Pick<Admin, 'rule' | 'setRule'> {
  const place = (path: string): string => `/admin/projects/${encodeURIComponent(path)}/rule`
  return {
    rule: (path) => call('GET', place(path)),
    setRule: (path, rule) => call('PUT', place(path), rule),
  }
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof WheelsealError && error.code === 'access.unknown-project') return undefined
    throw error
  }
}

/** The server's own failure, with its code and hint, as if it had been thrown here. */
function failureOf(text: string): WheelsealError {
  const {
    message = text,
    code = 'http.internal',
    hint = 'see the log of the server',
  } = JSON.parse(text) as {
    message?: string
    code?: string
    hint?: string
  }
  const exit = errorKinds().get(code)?.exit ?? 1
  return new WheelsealError(code, message, { status: 400, exit, summary: '', hint })
}
