import type { Hono } from 'hono'
import { ZipFile } from 'yazl'
import { createAccess, type Access, type Project, type Role, type Scope } from '../access/index.ts'
import { systemEntropy } from '../host/index.ts'
import {
  arrange,
  claim,
  memoryBlobs,
  memoryTraces,
  NOW_MS,
  pipelineRequest,
  type Arranged,
} from '../pipelines/arrange.contract.ts'
import { createPipelineListing, type JobPayload, type PipelineRequest } from '../pipelines/index.ts'
import {
  createAccessStore,
  createPipelineLists,
  createPipelineStore,
  migrations,
} from '../storage/sql/index.ts'
import { openDatabase } from '../storage/sqlite/index.ts'
import { createApp } from './app.ts'
import { jobActionRoutes } from './job-actions.ts'
import { pipelineActionRoutes } from './pipelines-actions.ts'
import { pipelineRoutes } from './pipelines.ts'
import { projectArtifactRoutes } from './project-artifacts.ts'
import { projectJobRoutes } from './project-jobs.ts'
import type { Bindings } from './route.ts'

/** Pipelines of three projects and the routes to them, over a database in memory. */
export interface PipelineBench {
  readonly arranged: Arranged
  readonly access: Access
  readonly projects: Readonly<Record<Project['visibility'], Project>>
  readonly app: Hono<Bindings>
  advance(ms: number): void
  /** Of the private project, unless another is given. */
  pipeline(text?: string, more?: Partial<PipelineRequest>, project?: Project): Promise<number>
  token(role?: Role, ...scopes: readonly Scope[]): Promise<string>
  ask(path: string, token?: string, init?: RequestInit): Promise<Response>
  json(path: string, token?: string): Promise<unknown>
  /** Takes the next job, gives it a log and an archive, and ends it. */
  finish(given?: Finish): Promise<JobPayload>
  close(): Promise<void>
}

export interface Finish {
  readonly state?: 'success' | 'failed'
  readonly log?: string
  readonly archive?: Buffer
}

export const BENCH_URL = 'http://127.0.0.1:7711'

export async function openPipelineBench(): Promise<PipelineBench> {
  const time = { nowMs: NOW_MS }
  const ports = { clock: { nowMs: () => time.nowMs, sleep: async () => undefined }, entropy: systemEntropy }
  const database = await openDatabase(':memory:', migrations)
  const [store, traces, blobs] = [createPipelineStore(database), memoryTraces(), memoryBlobs()]
  const arranged = { ...(await arrange({ store, traces, blobs, ...ports })), store }
  const access = createAccess({ store: createAccessStore(database), ...ports })
  const { pipelines } = arranged
  const lists = createPipelineLists(database, { lookedAt: 10_000 })
  const listing = createPipelineListing({ pipelines, store, lists, traces, blobs, nowMs: ports.clock.nowMs })
  const failed = (_: string, error: unknown): never => {
    throw error
  }
  const log = { event: () => undefined, failure: failed }
  const parts = { listing, pipelines, access, externalUrl: BENCH_URL, ...ports, log }
  const routes = [
    pipelineRoutes(parts),
    pipelineActionRoutes(parts),
    projectJobRoutes(parts),
    jobActionRoutes(parts),
    projectArtifactRoutes(parts),
  ]
  const app = createApp({ hosts: ['127.0.0.1:7711'], log, routes, requests: ports })
  const projects = await makeProjects(access)
  const ask: PipelineBench['ask'] = async (path, token, init = {}) =>
    app.request(`${BENCH_URL}/api/v4${path}`, {
      ...init,
      headers: {
        host: '127.0.0.1:7711',
        ...(token === undefined ? {} : { 'private-token': token }),
        ...(init.headers as object),
      },
    })
  return {
    arranged,
    access,
    projects,
    app,
    ask,
    advance: (ms) => {
      time.nowMs += ms
    },
    json: async (path, token) => (await ask(path, token)).json(),
    pipeline: async (text, more = {}, project = projects.private) =>
      (await pipelines.create(pipelineRequest(text, { ...more, project: { ...project } }))).id,
    token: (role = 'developer', ...scopes) => tokenOf(access, role, scopes),
    finish: (given) => finish(arranged, given),
    close: () => database.destroy(),
  }
}

async function makeProjects(access: Access): Promise<PipelineBench['projects']> {
  const make = (visibility: Project['visibility']): Promise<Project> =>
    access.createProject({ path: `acme/${visibility}`, visibility })
  return { private: await make('private'), internal: await make('internal'), public: await make('public') }
}

async function tokenOf(access: Access, role: Role, scopes: readonly Scope[]): Promise<string> {
  const login = `${role}-${scopes.join('-').replaceAll('_', '')}x`
  await access.createUser({ login })
  await access.setMember({ path: 'acme', login, role })
  return (await access.createToken({ login, scopes: scopes.length === 0 ? ['api'] : scopes })).token.reveal()
}

async function finish(
  arranged: Arranged,
  { state = 'success', log, archive }: Finish = {},
): Promise<JobPayload> {
  const { pipelines } = arranged
  const job = await arranged.take()
  if (log !== undefined) await pipelines.appendTrace(claim(job), { start: 0, bytes: Buffer.from(log) })
  if (archive !== undefined)
    await pipelines.putArtifacts(claim(job), {
      type: 'archive',
      format: 'zip',
      filename: 'artifacts.zip',
      bytes: (async function* once() {
        yield archive
      })(),
    })
  await pipelines.updateJob(claim(job), { state, failureReason: 'script_failure', exitCode: 1 })
  return job
}

export async function zipOf(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), name)
  zip.end()
  const parts: Uint8Array[] = []
  for await (const part of zip.outputStream as AsyncIterable<Uint8Array>) parts.push(part)
  return Buffer.concat(parts)
}
