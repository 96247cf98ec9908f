import { join } from 'node:path'
import { env } from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { Secret, type Clock } from '../../src/base/index.ts'
import { ownAddress } from '../../src/host/arrange.ts'
import { silentLog, systemClock, systemEntropy, systemSpawn } from '../../src/host/index.ts'
import type { JobView, PipelineRequest, PipelineView } from '../../src/pipelines/index.ts'
import { fetchHttp } from '../../src/runner/api/runner-api.contract.ts'
import { makeRepository } from '../../src/runner/arrange.contract.ts'
import { createPlainExecutor, createRunner } from '../../src/runner/index.ts'
import { startServer, type RunningServer } from '../../src/server/server.ts'
import { gitOrFail } from './git.ts'
import { temporaryFolder } from './server.ts'

/** A server on a socket and runners that ask it for jobs, which are processes of this user. */
export interface OutcomeBench {
  readonly server: RunningServer
  readonly folder: string
  /** Two commits of one branch. */
  readonly shas: readonly [string, string]
  readonly user: PipelineRequest['user']
  /** Of the first project, on `main`, unless told otherwise. */
  start(text: string, more?: Given): Promise<PipelineView>
  /** To its end, or to where it waits for a person. */
  run(text: string, more?: Given): Promise<Ended>
  /** When it no longer runs. */
  ended(id: number): Promise<Ended>
  /** The first look at the pipeline at which this is so. */
  until(id: number, isSo: (view: PipelineView) => boolean): Promise<PipelineView>
  log(jobId: number): Promise<string>
  project(path: string): Promise<PipelineRequest['project']>
  /** One more, with tags. */
  addRunner(tags: readonly string[], jobs?: number): Promise<void>
  close(): Promise<void>
}

export interface Given extends Partial<PipelineRequest> {
  /** In place of `main`. */
  readonly branch?: string
}

export interface Ended {
  readonly view: PipelineView
  readonly state: string
  /** State by name, of the newest try of each. */
  readonly jobs: Readonly<Record<string, string>>
  /** The lines of a job's log that begin with `say `, without it, in their order. */
  readonly said: (job: string) => Promise<readonly string[]>
}

const PATIENCE_MS = 100_000
const WAITS: ReadonlySet<string> = new Set(['created', 'pending', 'running', 'scheduled', 'canceling'])

export interface BenchOptions {
  readonly clock?: Clock
  readonly freeBytes?: () => Promise<number>
  /** Folders in front of the PATH of jobs. */
  readonly path?: readonly string[]
}

export async function startOutcomeBench({
  path: tools = [],
  ...moved
}: BenchOptions = {}): Promise<OutcomeBench> {
  const { path: folder, remove } = await temporaryFolder()
  const places = { data: join(folder, 'data'), anchor: join(folder, 'anchor') }
  const server = await startServer({ ...places, ...moved, log: silentLog, listen: await ownAddress() })
  const { pipelines } = server.services
  const user = await makeUser(server)
  const repository = await makeCommits(join(folder, 'repository'))
  const first = await makeProject(server, 'acme/first')
  const stopping = new AbortController()
  const running: Promise<unknown>[] = []

  const addRunner: OutcomeBench['addRunner'] = async (tags, jobs = 1) => {
    const { token } = await pipelines.createRunner({
      description: 'test',
      tags,
      runUntagged: tags.length === 0,
    })
    const machine = { spawn: systemSpawn, host: { PATH: env['PATH'], HOME: folder } }
    const work = join(folder, `work-${running.length}`)
    const runner = createRunner({
      ...machine,
      serverUrl: server.url,
      token: new Secret(token.reveal()),
      http: fetchHttp,
      clock: systemClock,
      entropy: systemEntropy,
      executor: createPlainExecutor({ ...machine, work, path: tools }),
      cacheFolder: join(folder, 'cache'),
      pollMs: 50,
      jobs,
    })
    running.push(runner.runUntil(() => false, stopping.signal))
  }
  const start: OutcomeBench['start'] = (text, { branch = 'main', ...more } = {}) =>
    pipelines.create({
      project: first,
      user,
      commit: { repositoryUrl: repository.path, sha: repository.shas[0], ref: branch, refType: 'branch' },
      source: 'push',
      config: { path: '.gitlab-ci.yml', text },
      variables: [],
      ...more,
    })
  const until: OutcomeBench['until'] = async (id, isSo) => {
    const deadline = systemClock.nowMs() + PATIENCE_MS
    for (;;) {
      const view = await pipelines.get(id)
      if (isSo(view)) return view
      if (systemClock.nowMs() > deadline) throw new Error(`it stays ${summary(view)}`)
      await wait(50)
    }
  }
  const log = async (jobId: number): Promise<string> => textOf(await pipelines.readTrace(jobId))
  const ended: OutcomeBench['ended'] = async (id) =>
    endedOf(await until(id, ({ state }) => !WAITS.has(state)), log)
  // More than the tests that run at once have waiting for each other.
  await addRunner([], 12)
  return {
    server,
    folder,
    shas: repository.shas,
    user,
    start,
    run: async (text, more) => ended((await start(text, more)).id),
    ended,
    until,
    log,
    project: (path) => makeProject(server, path),
    addRunner,
    close: async () => {
      stopping.abort('stop')
      await Promise.all(running)
      await server.close()
      await remove()
    },
  }
}

function endedOf(view: PipelineView, log: OutcomeBench['log']): Ended {
  const newest = view.jobs.filter(({ isRetried }) => !isRetried)
  return {
    view,
    state: view.state,
    jobs: Object.fromEntries(newest.map(({ name, state }) => [name, state])),
    said: async (name) => saidOf(await log(jobNamed(view, name).id)),
  }
}

/** The newest try. */
export function jobNamed(view: PipelineView, name: string): JobView {
  const job = view.jobs.findLast((one) => one.name === name && !one.isRetried)
  if (job === undefined) throw new Error(`no job ${name} in ${summary(view)}`)
  return job
}

function saidOf(log: string): readonly string[] {
  return [...log.matchAll(/^say (.*?)\r?$/gm)].map(([, text = '']) => text)
}

function summary({ id, state, jobs }: PipelineView): string {
  return `pipeline ${id} ${state}: ${jobs.map(({ name, state: own }) => `${name} ${own}`).join(', ')}`
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of bytes) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

async function makeUser({ services }: RunningServer): Promise<PipelineRequest['user']> {
  const { id } = await services.access.createUser({ login: 'ada', isAdministrator: true })
  return { id, login: 'ada', email: 'ada@example.test', accessLevel: 'maintainer' }
}

async function makeProject({ services }: RunningServer, path: string): Promise<PipelineRequest['project']> {
  return services.access.createProject({ path, visibility: 'private' })
}

async function makeCommits(path: string): Promise<{ path: string; shas: readonly [string, string] }> {
  const { sha } = makeRepository(path)
  await gitOrFail(path, 'commit', '--quiet', '--allow-empty', '-m', 'two')
  return { path, shas: [sha, await gitOrFail(path, 'rev-parse', 'HEAD')] }
}
