import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { BlockList, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createAccess,
  createAudit,
  type Access,
  type Audit,
  type Project,
  type Scope,
} from '../access/index.ts'
import { utf8, type Clock, type LogFields, type LogLevel } from '../base/index.ts'
import { distributionOf } from '../formats/python/archive/arrange.ts'
import { silentLog, systemEntropy } from '../host/index.ts'
import type { JobOrigin } from '../pipelines/index.ts'
import { createRegistry, type Registry, type RegistryStore } from '../registry/index.ts'
import { openFolderBlobs } from '../storage/folder/index.ts'
import { accessMigrations, createAccessStore } from '../storage/sql/access.ts'
import { auditMigrations, createAuditStore } from '../storage/sql/audit.ts'
import { openDatabase } from '../storage/sqlite/database.ts'
import { createGenericStore } from '../storage/sql/registry-generic.ts'
import { createPackagesStore } from '../storage/sql/registry-packages.ts'
import { createRegistryStore, registryMigrations } from '../storage/sql/registry.ts'
import { createApp } from './app.ts'
import { genericRoutes } from './generic.ts'
import { packagesRoutes } from './packages.ts'
import { pypiRoutes } from './pypi.ts'
import { pypiCurationRoutes } from './pypi-curation.ts'
import { listen } from './server.ts'

/** By another name than the one that the tests ask. */
export const EXTERNAL_URL = 'https://seal.example'

export const MAX_FILE_BYTES = 100_000

/** The registries on a real socket, over real stores in a temporary folder. */
export interface PackagesServer {
  readonly access: Access
  readonly registry: Registry
  readonly audit: Audit
  /** The pipelines of jobs; none until one is added. */
  readonly origins: Map<number, JobOrigin>
  readonly port: number
  /** `private`, `internal` and `public`, each a project of that visibility. */
  readonly projects: Readonly<Record<Project['visibility'], Project>>
  /** The text of a token of `ada`, who is an administrator. */
  token(...scopes: readonly Scope[]): Promise<string>
  /** The text of a token of a running job of `project`. */
  jobToken(project: Project, jobId?: number): Promise<string>
  moveClock(ms: number): void
  /** Every event that was logged, as JSON. */
  logged(): string
  /** The lines of requests, each with its level. */
  readonly requests: (LogFields & { readonly event: string; readonly level: LogLevel })[]
  /** None until one is added. */
  readonly proxies: BlockList
  /** Names of the files in the blob folder, staged ones included. */
  storedFiles(): Promise<readonly string[]>
  /** Sends bytes as they are, and gives the status line; with `cut`, hangs up after sending and gives ''. */
  raw(bytes: string | Buffer, options?: { readonly cut?: boolean }): Promise<string>
  /** Throws when a request ended in an internal error. */
  close(): Promise<void>
}

export async function startPackagesServer(
  wrap: (store: RegistryStore) => RegistryStore = (store) => store,
): Promise<PackagesServer> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-packages-'))
  let nowMs = START_MS
  const clock = { nowMs: () => nowMs, sleep: async () => undefined }
  const steps = { ...accessMigrations, ...registryMigrations, ...auditMigrations }
  const database = await openDatabase(':memory:', steps)
  const access = createAccess({ store: createAccessStore(database), clock, entropy: systemEntropy })
  const registry = createRegistry({
    store: wrap(createRegistryStore(database)),
    generic: createGenericStore(database),
    packages: createPackagesStore(database),
    blobs: await openFolderBlobs(folder, { entropy: systemEntropy, log: silentLog }),
    clock,
    limits: { maxPypiFileBytes: MAX_FILE_BYTES, maxGenericFileBytes: MAX_FILE_BYTES },
  })
  await access.createUser({ login: 'ada', isAdministrator: true })
  const audit = createAudit({ store: createAuditStore(database), clock })
  const origins: PackagesServer['origins'] = new Map()
  const server = await serve({ access, registry, audit, origins, clock })
  return {
    access,
    registry,
    audit,
    origins,
    port: server.port,
    logged: server.logged,
    requests: server.requests,
    proxies: server.proxies,
    projects: await makeProjects(access),
    ...tokens(access, clock),
    moveClock: (ms) => {
      nowMs += ms
    },
    storedFiles: () => filesBelow(folder),
    raw: (bytes, options) => sendRaw(server.port, bytes, options),
    close: async () => {
      await server.close()
      await database.destroy()
      await rm(folder, { recursive: true })
    },
  }
}

const START_MS = 1_767_322_999_678

interface Served extends Pick<PackagesServer, 'access' | 'registry' | 'audit' | 'origins'> {
  readonly clock: Clock
}

async function serve({ access, registry, audit, origins, clock }: Served) {
  const events: string[] = []
  const requests: PackagesServer['requests'] = []
  const proxies = new BlockList()
  const failures: unknown[] = []
  const log = {
    event: (event: string, fields = {}, level: LogLevel = 'info') => {
      events.push(JSON.stringify({ name: event, ...fields }))
      if (event.startsWith('request')) requests.push({ ...fields, event, level })
    },
    failure: (_name: string, error: unknown) => void failures.push(error),
  }
  const routes = [
    pypiRoutes({ pypi: registry.pypi, access, log, externalUrl: EXTERNAL_URL }),
    pypiCurationRoutes({ registry, access, audit, log }),
    genericRoutes({ generic: registry.generic, access, log }),
    packagesRoutes({
      registry,
      pipelines: { originOfJob: async (jobId) => origins.get(jobId) },
      access,
      audit,
      externalUrl: EXTERNAL_URL,
      log,
    }),
  ]
  const hosts: string[] = []
  const app = createApp({ hosts, log, routes, requests: { clock, entropy: systemEntropy, proxies } })
  const server = await listen(app, { host: '127.0.0.1', port: 0 })
  hosts.push(`127.0.0.1:${server.port}`)
  return {
    port: server.port,
    requests,
    proxies,
    logged: () => events.join('\n'),
    close: async () => {
      await server.close(0)
      if (failures.length > 0) throw new AggregateError(failures, 'a request ended in an internal error')
    },
  }
}

async function makeProjects(access: Access): Promise<PackagesServer['projects']> {
  return {
    private: await access.createProject({ path: 'group/private' }),
    internal: await access.createProject({ path: 'group/internal', visibility: 'internal' }),
    public: await access.createProject({ path: 'group/sub/public', visibility: 'public' }),
  }
}

function tokens(access: Access, clock: { nowMs(): number }): Pick<PackagesServer, 'token' | 'jobToken'> {
  return {
    token: async (...scopes) => {
      const { token } = await access.createToken({
        login: 'ada',
        scopes,
        expiresAtMs: clock.nowMs() + 60_000,
      })
      return token.reveal()
    },
    jobToken: async (project, jobId = 301) => {
      const { id: userId } = await access.user('ada')
      const grant = { jobId, projectId: project.id, userId, expiresAtMs: clock.nowMs() + 60_000 }
      return (await access.issueJobToken(grant)).reveal()
    },
  }
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}

async function sendRaw(
  port: number,
  bytes: string | Buffer,
  { cut = false }: { readonly cut?: boolean } = {},
): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(bytes)
  if (cut) {
    // The server has the bytes when this returns: a reset at once could overtake them.
    await new Promise<void>((resolve) => socket.end(() => resolve()))
    await once(socket.resume(), 'close')
    return ''
  }
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return answer.toString('latin1').split('\r\n')[0] ?? ''
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

export const WHEEL = 'my_pkg-1.0.0-py3-none-any.whl'
export const SDIST = 'my_pkg-1.0.0.tar.gz'

/** What `twineForm` uploads: of any other name than a distribution's, the content alone. */
export function twineBytes(
  content: string,
  fileName = WHEEL,
  requiresPython = '>=3.9',
): Uint8Array<ArrayBuffer> {
  const isDistribution = /^[a-z0-9_]+-[0-9][0-9a-z.]*(?:-py3-none-any\.whl|\.tar\.gz)$/i.test(fileName)
  return Uint8Array.from(
    isDistribution ? distributionOf(fileName, { content, requiresPython }) : utf8(content),
  )
}

/** The form of `twine upload` for an honest distribution with that content; undefined leaves a field out. */
export function twineForm(
  content: string | Uint8Array<ArrayBuffer>,
  fields: Readonly<Record<string, string | undefined>> = {},
  fileName = WHEEL,
): FormData {
  const form = new FormData()
  const all = {
    ':action': 'file_upload',
    protocol_version: '1',
    name: 'my-pkg',
    version: '1.0.0',
    requires_python: '>=3.9',
    classifiers: 'Private :: Do Not Upload',
    ...fields,
  }
  for (const [name, value] of Object.entries(all)) if (value !== undefined) form.append(name, value)
  const bytes =
    typeof content === 'string' ? twineBytes(content, fileName, all.requires_python ?? '') : content
  form.append('content', new Blob([bytes], { type: 'application/octet-stream' }), fileName)
  return form
}
