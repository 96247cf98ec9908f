/** For tests only: the pages over real stores in memory, and seals that say what a test wants. */
import { createAccess, type Access, type Project, type Scope } from '../access/index.ts'
import type { Blobs, Clock, LogFields, LogLevel } from '../base/index.ts'
import { systemEntropy } from '../host/index.ts'
import { createApp } from '../http/index.ts'
import { createPipelineListing, type PipelineStore } from '../pipelines/index.ts'
import { createRegistry, type FileSeals, type NewFile, type RegistryStore } from '../registry/index.ts'
import {
  createAccessStore,
  createGenericStore,
  createPackagesStore,
  createPipelineLists,
  createPipelineStore,
  createRegistryStore,
  migrations,
} from '../storage/sql/index.ts'
import { openDatabase } from '../storage/sqlite/index.ts'
import { webRoutes } from './index.ts'

export const URL = 'http://seal.example:7711'
export const OWN = { 'sec-fetch-site': 'same-origin' }
export const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

export interface WebBench {
  readonly access: Access
  readonly store: RegistryStore
  readonly runs: PipelineStore
  /** Of jobs, by number. */
  readonly logs: Map<number, Buffer>
  readonly projects: Readonly<Record<Project['visibility'], Project>>
  /** Of each file, from now on. */
  seals: Partial<FileSeals>
  /** How many files were described. */
  described: number
  nowMs: number
  readonly logged: (LogFields & { readonly event: string; readonly level: LogLevel })[]
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>
  post(
    path: string,
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>
  token(login: string, ...scopes: readonly Scope[]): Promise<string>
  /** Logs in, and gives what a browser sends from then on. */
  cookie(token: string): Promise<{ readonly cookie: string }>
  add(file?: Partial<NewFile>): ReturnType<RegistryStore['addUnique']>
  close(): Promise<void>
}

const NO_SEALS: Omit<FileSeals, 'fileName' | 'sha256' | 'isListed'> = {
  rule: 'off',
  ruleSha256: '',
  rootsSha256: '',
  outcome: 'none',
  message: '',
  judgedAt: null,
  judgedAgainAt: null,
  seals: [],
}

export async function openWebBench({ externalUrl = URL } = {}): Promise<WebBench> {
  const state = { seals: {}, described: 0, nowMs: 1_767_322_999_678 }
  const clock: Clock = { nowMs: () => state.nowMs, sleep: async () => undefined }
  const database = await openDatabase(':memory:', migrations)
  const access = createAccess({ store: createAccessStore(database), clock, entropy: systemEntropy })
  const store = createRegistryStore(database)
  const [generic, packages] = [createGenericStore(database), createPackagesStore(database)]
  const { pypi } = createRegistry({ store, generic, packages, clock, blobs: {} as Blobs })
  const logged: WebBench['logged'] = []
  const log = {
    event: (event: string, fields: LogFields = {}, level: LogLevel = 'info') =>
      void logged.push({ ...fields, event, level }),
    failure: (_name: string, error: unknown) => {
      throw error
    },
  }
  const describe = async (
    _project: Project,
    { fileName, sha256, isListed }: FileSeals,
  ): Promise<FileSeals> => {
    state.described += 1
    return { fileName, sha256, isListed, ...NO_SEALS, ...state.seals }
  }
  const runs = createPipelineStore(database)
  const logs = new Map<number, Buffer>()
  const traces = {
    size: async (jobId: number) => logs.get(jobId)?.length ?? 0,
    read: async function* read(jobId: number, start: number) {
      yield logs.get(jobId)?.subarray(start) ?? Buffer.alloc(0)
    },
  }
  const listing = createPipelineListing({
    pipelines: { get: () => Promise.reject(new Error('no job here is overdue')) },
    store: runs,
    lists: createPipelineLists(database, { lookedAt: 10_000 }),
    traces,
    blobs: { open: async () => undefined },
    nowMs: () => clock.nowMs(),
  })
  const web = webRoutes({
    access,
    listing,
    pypi,
    seals: { describe: (project, file) => describe(project, file as unknown as FileSeals) },
    externalUrl,
    fingerprint: () => `sha256:${'f'.repeat(64)}`,
    clock,
    entropy: systemEntropy,
    log,
  })
  const { host } = new globalThis.URL(externalUrl)
  const app = createApp({ hosts: [host], log, routes: [web], requests: { clock, entropy: systemEntropy } })
  const ask = async (path: string, init: RequestInit): Promise<Response> =>
    app.request(`${externalUrl}${path}`, { ...init, headers: { host, ...(init.headers as object) } })
  const projects = await makeProjects(access)
  const post: WebBench['post'] = (path, form, headers = OWN) =>
    ask(path, {
      method: 'POST',
      body: new URLSearchParams(form).toString(),
      headers: { ...FORM, ...headers },
    })
  return Object.assign(state, {
    access,
    runs,
    logs,
    store,
    logged,
    projects,
    get: (path: string, headers = {}) => ask(path, { headers }),
    post,
    token: async (login: string, ...scopes: readonly Scope[]) =>
      (
        await access.createToken({ login, scopes: scopes.length === 0 ? ['read_api'] : scopes })
      ).token.reveal(),
    cookie: async (token: string) => {
      const answer = await post('/-/login', { token })
      return { cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '' }
    },
    add: (file: Partial<NewFile> = {}) => {
      const made = { ...newFile(projects.public.id), ...file }
      return store.addUnique(made, made.fileName)
    },
    close: () => database.destroy(),
  })
}

async function makeProjects(access: Access): Promise<WebBench['projects']> {
  await access.createUser({ login: 'ada' })
  await access.createUser({ login: 'guest' })
  const make = (visibility: Project['visibility']): Promise<Project> =>
    access.createProject({ path: `acme/sub/${visibility}`, visibility })
  const projects = {
    private: await make('private'),
    internal: await make('internal'),
    public: await make('public'),
  }
  await access.setMember({ path: 'acme', login: 'ada', role: 'reporter' })
  await access.setMember({ path: 'acme', login: 'guest', role: 'guest' })
  return projects
}

function newFile(projectId: number): NewFile {
  return {
    projectId,
    kind: 'pypi',
    name: 'Tools',
    nameKey: 'tools',
    version: '1.0',
    versionKey: '1.0',
    fileName: 'tools-1.0-py3-none-any.whl',
    sha256: 'a'.repeat(64),
    size: 1536,
    requiresPython: null,
    metadata: null,
    createdAtMs: 1_767_322_999_678,
  }
}
