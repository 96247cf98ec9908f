import * as v from 'valibot'
import {
  parseIsoTime,
  parseJson,
  Secret,
  utf8,
  type Http,
  type HttpResponse,
  type JsonValue,
} from '../../base/index.ts'
import { errorWords, netErrors } from '../../net/index.ts'
import type { ProjectVariable } from '../../repositories/index.ts'
import type { PipelineSummary } from '../../server/index.ts'
import { clientErrors } from '../errors.ts'

export interface InstanceParts {
  /** Without `/api/v4`. */
  readonly url: string
  readonly token: Secret
  readonly http: Http
}

export interface InstancePipeline extends PipelineSummary {
  readonly webUrl: string
  /** What is wrong with the pipeline's file; null: nothing. */
  readonly yamlErrors: string | null
}

export interface CommitOfRef {
  readonly sha: string
  /** Without `refs/heads/` or `refs/tags/`. */
  readonly ref: string
}

/** GitLab's API of one project, as far as a run needs it. Throws `client.run-project`, `client.run-right`, `net.…`. */
export interface InstanceProject {
  readonly id: number
  /** With its groups. */
  readonly path: string
  /** Takes jobs of this project only, until it is removed. */
  createRunner(description: string): Promise<ProjectRunner>
  /** The newest of that commit and ref. */
  newestPipeline(commit: CommitOfRef): Promise<number | undefined>
  createPipeline(ref: string, variables: readonly ProjectVariable[]): Promise<number>
  pipeline(id: number): Promise<InstancePipeline>
  cancelPipeline(id: number): Promise<void>
}

export interface ProjectRunner {
  readonly id: number
  readonly token: Secret
  remove(): Promise<void>
}

const Id = v.pipe(v.number(), v.safeInteger(), v.minValue(1))
const Text = v.pipe(v.string(), v.maxLength(100_000))
const Project = v.object({ id: Id, path_with_namespace: Text })
const Runner = v.object({ id: Id, token: Text })
const Made = v.object({ id: Id })
const Pipeline = v.object({
  id: Id,
  status: Text,
  web_url: Text,
  created_at: v.pipe(Text, v.isoTimestamp()),
  yaml_errors: v.nullish(Text),
})
const Jobs = v.pipe(
  v.array(
    v.object({
      id: Id,
      name: Text,
      stage: Text,
      status: Text,
      allow_failure: v.boolean(),
      duration: v.nullish(v.number()),
      failure_reason: v.nullish(Text),
    }),
  ),
  v.maxLength(100),
)

const PAGE = 100
const MAX_PAGES = 50

export async function openInstanceProject(parts: InstanceParts, path: string): Promise<InstanceProject> {
  const found = await ask(parts, Project, { path: `/projects/${encodeURIComponent(path)}` })
  const { id } = found
  const at = `/projects/${id}`
  return {
    id,
    path: found.path_with_namespace,
    createRunner: (description) => createRunner(parts, { id, description }),
    newestPipeline: async ({ sha, ref }) => {
      const query = new URLSearchParams({ sha, ref, per_page: '1' }).toString()
      const [newest] = await ask(parts, v.array(Made), { path: `${at}/pipelines?${query}` })
      return newest?.id
    },
    createPipeline: async (ref, variables) => {
      const json = { ref, variables: variables.map(({ key, value }) => ({ key, value })) }
      return (await ask(parts, Made, { method: 'POST', path: `${at}/pipeline`, json })).id
    },
    pipeline: (pipelineId) => readPipeline(parts, { projectId: id, at: `${at}/pipelines/${pipelineId}` }),
    cancelPipeline: async (pipelineId) => {
      await ask(parts, Made, { method: 'POST', path: `${at}/pipelines/${pipelineId}/cancel` })
    },
  }
}

async function createRunner(
  parts: InstanceParts,
  { id, description }: { readonly id: number; readonly description: string },
): Promise<ProjectRunner> {
  const json = { runner_type: 'project_type', project_id: id, description, run_untagged: true }
  const made = await ask(parts, Runner, { method: 'POST', path: '/user/runners', json })
  const token = new Secret(made.token)
  return {
    id: made.id,
    token,
    remove: async () => {
      const removal = { token: token.reveal() }
      await ask(parts, v.null(), { method: 'DELETE', path: '/runners', json: removal })
    },
  }
}

async function readPipeline(
  parts: InstanceParts,
  { projectId, at }: { readonly projectId: number; readonly at: string },
): Promise<InstancePipeline> {
  const row = await ask(parts, Pipeline, { path: at })
  const jobs = await readJobs(parts, at)
  const newest = new Map(jobs.map((job) => [job.name, job.id]))
  return {
    id: row.id,
    projectId,
    createdAtMs: parseIsoTime(row.created_at) * 1000,
    state: row.status,
    webUrl: row.web_url,
    yamlErrors: row.yaml_errors ?? null,
    jobs: jobs.map((job) => ({
      id: job.id,
      name: job.name,
      stage: job.stage,
      state: job.status,
      isRetried: newest.get(job.name) !== job.id,
      allowFailure: job.allow_failure,
      durationSeconds: job.duration ?? null,
      failureReason: job.failure_reason ?? null,
      exitCode: null,
    })),
  }
}

/** In the order in which they were made; the API has the newest first. */
async function readJobs(parts: InstanceParts, at: string): Promise<v.InferOutput<typeof Jobs>> {
  const jobs: v.InferOutput<typeof Jobs> = []
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const query = `include_retried=true&per_page=${PAGE}&page=${page}`
    const rows = await ask(parts, Jobs, { path: `${at}/jobs?${query}` })
    for (const row of rows) jobs.push(row)
    if (rows.length < PAGE) return jobs.toSorted((a, b) => a.id - b.id)
  }
  throw netErrors('net.reply', `the pipeline has more than ${PAGE * MAX_PAGES} jobs`)
}

interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  /** Below `/api/v4`. */
  readonly path: string
  readonly json?: JsonValue
}

const MAX_ANSWER_BYTES = 16 << 20

async function ask<Schema extends v.GenericSchema>(
  { url, token, http }: InstanceParts,
  schema: Schema,
  { method = 'GET', path, json }: Call,
): Promise<v.InferOutput<Schema>> {
  const response = await http.request({
    method,
    url: `${url}/api/v4${path}`,
    headers: {
      'private-token': token.reveal(),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(json === undefined ? {} : { body: utf8(JSON.stringify(json)) }),
  })
  if (response.status < 200 || response.status > 299) throw await refusal(response, `${url}/api/v4${path}`)
  const text = await response.text(MAX_ANSWER_BYTES)
  const parsed = v.safeParse(schema, text === '' ? null : parseJson(text))
  if (parsed.success) return parsed.output
  throw netErrors('net.reply', `${url}/api/v4${path} answered with something else than GitLab's API`)
}

async function refusal(response: HttpResponse, url: string): Promise<Error> {
  const { status } = response
  const fact = `${url} answered ${status}: ${await errorWords(response)}`
  if (status === 401 || status === 403) return clientErrors('client.run-right', fact)
  if (status === 404) return clientErrors('client.run-project', fact)
  return netErrors('net.refused', fact)
}
