import { encodeBase64Url, Secret, type Clock, type Entropy, type Log } from '../base/index.ts'
import { pipelineErrors } from './errors.ts'
import { hashToken } from './job-access.ts'
import type { PipelineStore, RunnerRecord } from './store.ts'

/** One machine that works with a runner's token: a fleet shares one. */
export interface RunnerManager {
  readonly systemId: string
  readonly version: string
  readonly platform: string
  readonly architecture: string
  readonly contactedAtMs: number
}

/** What is kept of runners beside what the queue needs. Durable when it resolves. */
export interface RunnerRows {
  /** False where there is no such runner. */
  replaceToken(runnerId: number, tokenHash: string): Promise<boolean>
  /** With its managers. Jobs that it runs go on: they have tokens of their own. */
  removeRunner(runnerId: number): Promise<boolean>
  /** How many runners take jobs of that project only, at most `limit`. */
  countOfProject(projectId: number, limit: number): Promise<number>
  /** Beyond `MAX_MANAGERS` of one runner a new one is not kept. */
  putManager(runnerId: number, manager: RunnerManager): Promise<void>
  removeManager(runnerId: number, systemId: string): Promise<boolean>
  /** By system id. */
  managers(runnerId: number): Promise<readonly RunnerManager[]>
}

export const MAX_MANAGERS = 100
/** As on GitLab: a write for each poll would cost more than the poll. */
const NOTED_MS = 10 * 60_000
/** Managers whose last contact is in memory; more are written once more, and that is all. */
const MAX_REMEMBERED = 10_000
const MAX_INFO_LENGTH = 255
const MAX_TAGS = 50
/** Each may have a queue of its own, in which each job of the project is entered. */
const MAX_OF_PROJECT = 100
const MAX_TAG_LENGTH = 255

export interface NewRunner {
  readonly description: string
  readonly tags: readonly string[]
  readonly runUntagged: boolean
  /** The only project whose jobs it takes; null: those of all projects. */
  readonly projectId: number | null
}

export interface RunnersParts {
  readonly store: Pick<PipelineStore, 'createRunner' | 'findRunner'>
  readonly rows: RunnerRows
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
}

/** Registration of runners, as a stock gitlab-runner and a person with a token ask for it. */
export interface Runners {
  /** Throws `pipelines.runner-tags`, `pipelines.runner-count`. */
  create(runner: NewRunner): Promise<{ readonly id: number; readonly token: Secret }>
  /** From now on the old token is nobody's. Throws `pipelines.runner-token`. */
  resetToken(token: string): Promise<Secret>
  /** Throws `pipelines.runner-token`. */
  remove(token: string): Promise<void>
  /** Throws `pipelines.runner-token`, `pipelines.runner-manager`. */
  removeManager(token: string, systemId: string): Promise<void>
  /** Written down once in ten minutes. What is no system id is left out of account. */
  note(runnerId: number, systemId: string, info: Readonly<Record<string, string>>): Promise<void>
}

export function createRunners(parts: RunnersParts): Runners {
  const noted = new Map<string, number>()
  return {
    create: (runner) => create(parts, runner),
    resetToken: (token) => resetToken(parts, token),
    remove: async (token) => {
      const { id } = await known(parts, token)
      await parts.rows.removeRunner(id)
      parts.log.event('runner.removed', { runnerId: id })
    },
    removeManager: async (token, systemId) => {
      const { id } = await known(parts, token)
      noted.delete(`${id} ${systemId}`)
      if (!(await parts.rows.removeManager(id, systemId)))
        throw pipelineErrors('pipelines.runner-manager', 'the runner has no manager with that system id')
    },
    note: (runnerId, systemId, info) => note({ ...parts, noted }, { runnerId, systemId, info }),
  }
}

async function known({ store }: RunnersParts, token: string): Promise<RunnerRecord> {
  const runner = await store.findRunner(hashToken(token))
  if (runner === undefined) throw pipelineErrors('pipelines.runner-token', 'the runner token is unknown')
  return runner
}

function newToken({ entropy }: RunnersParts): string {
  return `glrt-${encodeBase64Url(entropy.bytes(24))}`
}

async function create(parts: RunnersParts, runner: NewRunner): ReturnType<Runners['create']> {
  const { description, tags, runUntagged, projectId } = runner
  checkTags(runner)
  if (projectId !== null) await checkCount(parts, projectId)
  const token = newToken(parts)
  const made = await parts.store.createRunner({
    description,
    tags: [...new Set(tags)].toSorted(),
    runUntagged,
    projectId,
    createdAtMs: parts.clock.nowMs(),
    tokenHash: hashToken(token),
  })
  parts.log.event('runner.created', { runnerId: made.id })
  return { id: made.id, token: new Secret(token) }
}

function checkTags({ tags, runUntagged }: NewRunner): void {
  const isOdd = tags.some((tag) => tag.length === 0 || tag.length > MAX_TAG_LENGTH || /[,\p{C}]/u.test(tag))
  if (isOdd || tags.length > MAX_TAGS)
    throw pipelineErrors('pipelines.runner-tags', 'a tag of the runner is malformed, or there are too many')
  if (tags.length === 0 && !runUntagged)
    throw pipelineErrors(
      'pipelines.runner-tags',
      'the runner has no tags and runs no untagged jobs, so it would never get a job',
    )
}

async function checkCount({ rows }: RunnersParts, projectId: number): Promise<void> {
  if ((await rows.countOfProject(projectId, MAX_OF_PROJECT)) < MAX_OF_PROJECT) return
  throw pipelineErrors('pipelines.runner-count', `the project has ${MAX_OF_PROJECT} runners already`)
}

async function resetToken(parts: RunnersParts, token: string): Promise<Secret> {
  const { id } = await known(parts, token)
  const next = newToken(parts)
  if (!(await parts.rows.replaceToken(id, hashToken(next))))
    throw pipelineErrors('pipelines.runner-token', 'the runner was removed meanwhile')
  parts.log.event('runner.token-reset', { runnerId: id })
  return new Secret(next)
}

/** `s_…` of a machine, `r_…` of a container; what else may come is not worth keeping. */
const SYSTEM_ID = /^[rs]_[A-Za-z0-9]{1,62}$/

interface Seen {
  readonly runnerId: number
  readonly systemId: string
  readonly info: Readonly<Record<string, string>>
}

async function note(
  { rows, clock, noted }: Pick<RunnersParts, 'rows' | 'clock'> & { readonly noted: Map<string, number> },
  { runnerId, systemId, info }: Seen,
): Promise<void> {
  const nowMs = clock.nowMs()
  if (!SYSTEM_ID.test(systemId) || !isNews(noted, `${runnerId} ${systemId}`, nowMs)) return
  const told = (name: string): string => (info[name] ?? '').slice(0, MAX_INFO_LENGTH)
  await rows.putManager(runnerId, {
    systemId,
    version: told('version'),
    platform: told('platform'),
    architecture: told('architecture'),
    contactedAtMs: nowMs,
  })
}

/** Whether the last contact is long ago; it is now from here on. */
function isNews(noted: Map<string, number>, key: string, nowMs: number): boolean {
  const lastMs = noted.get(key)
  if (lastMs !== undefined && nowMs - lastMs < NOTED_MS) return false
  noted.delete(key)
  const [oldest] = noted.keys()
  if (noted.size >= MAX_REMEMBERED && oldest !== undefined) noted.delete(oldest)
  noted.set(key, nowMs)
  return true
}
