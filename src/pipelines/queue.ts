import {
  byPrecedence,
  durationSeconds,
  expandText,
  expandVariables,
  inScope,
  type KnownVariables,
  type Variable,
} from '../ciconfig/index.ts'
import type { Secret } from '../base/index.ts'
import type { IdTokenJob } from '../identity/index.ts'
import { dependenciesOf, dotenvOf, giversOf } from './dependencies.ts'
import { endJob } from './endings.ts'
import { pipelineErrors } from './errors.ts'
import { hashToken } from './job-access.ts'
import { tierOf } from './environments.ts'
import { buildPayload, repositoryUrl, type JobPayload, type PayloadVariable } from './payload.ts'
import type { Context } from './ports.ts'
import { settleOne } from './parts.ts'
import { sweep } from './sweep.ts'
import type { PipelineUser } from './origin.ts'
import type { Giver, JobRecord, PipelineRecord, RunnerRecord, Snapshot } from './store.ts'
import { isProtected, jobVariables, pipelineVariables } from './variables.ts'

export interface JobRequest {
  readonly runnerToken: string
  /** What the runner says of itself: `version`, `platform`, … */
  readonly info: Readonly<Record<string, string>>
  /** The runner's feature `cancel_gracefully`. Default: false. */
  readonly cancelsGracefully?: boolean
}

/** A runner that loses so many races in a row asks again later. */
const MAX_RACES = 10

export async function findRunner(context: Context, runnerToken: string): Promise<RunnerRecord> {
  const runner = await context.store.findRunner(hashToken(runnerToken))
  if (runner === undefined) throw pipelineErrors('pipelines.runner-token', 'the runner token is unknown')
  return runner
}

interface Assignment {
  readonly pipeline: PipelineRecord
  readonly job: JobRecord
  readonly runner: RunnerRecord
  readonly info: JobRequest['info']
}

/**
 * Life of a job's start: 1 the job becomes running, for one runner only; 2 its token is issued; 3 the token's hash is
 * bound to the job, if it still runs; 4 the payload leaves. A crash after 1 leaves a running job that its deadline
 * ends; a crash after 2 a token that nobody has ever seen. Throws `pipelines.lost-race`.
 */
export async function requestJob(context: Context, request: JobRequest): Promise<JobPayload | undefined> {
  const runner = await findRunner(context, request.runnerToken)
  await sweep(context)
  for (let race = 0; race < MAX_RACES; race++) {
    const pending = await context.store.nextPendingJob(runner.id)
    if (pending === undefined) return undefined
    const snapshot = await claim(context, pending, { runner, request })
    const job = snapshot?.jobs.find((one) => one.id === pending.id)
    if (snapshot === undefined || job === undefined) continue
    const payload = await start(context, { pipeline: snapshot.pipeline, job, runner, info: request.info })
    if (payload !== undefined) return payload
  }
  // "No job" would have the runner wait until a pipeline changes, and a job may be waiting.
  throw pipelineErrors('pipelines.lost-race', `other runners were faster for ${MAX_RACES} jobs`)
}

/** Step 1. Undefined when somebody else was faster. */
async function claim(
  { store, clock, limits }: Context,
  pending: JobRecord,
  { runner, request }: { readonly runner: RunnerRecord; readonly request: JobRequest },
): Promise<Snapshot | undefined> {
  const nowMs = clock.nowMs()
  const timeoutSeconds = timeoutOf(pending, limits)
  const take = (job: JobRecord): JobRecord =>
    job.state === 'pending'
      ? {
          ...job,
          state: 'running',
          runnerId: runner.id,
          startedAtMs: nowMs,
          timeoutSeconds,
          cancelsGracefully: request.cancelsGracefully ?? false,
          deadlineMs: nowMs + timeoutSeconds * 1000,
        }
      : job
  return store.updateJob(pending.id, (now) => settleOne(now, take, { jobId: pending.id, nowMs }))
}

/** What the job asks for, up to what the instance allows. */
function timeoutOf({ plan }: JobRecord, limits: Context['limits']): number {
  const asked = plan.timeout === null ? limits.jobTimeoutSeconds : durationSeconds(plan.timeout)
  return Math.max(1, Math.min(asked ?? Infinity, limits.maxJobTimeoutSeconds))
}

async function start(context: Context, assignment: Assignment): Promise<JobPayload | undefined> {
  const { job, runner } = assignment
  try {
    const token = await issueToken(context, assignment)
    const payload = await assemble(context, assignment, token)
    if (!(await bindToken(context, job, token))) {
      await context.jobTokens.revoke(job.id)
      return undefined
    }
    context.log.event('job.started', { jobId: job.id, runnerId: runner.id })
    return payload
  } catch (error) {
    await endJob(context, job, { state: 'failed', failureReason: 'scheduler_failure' })
    throw error
  }
}

/** Step 2. */
function issueToken({ jobTokens }: Context, { job, pipeline }: Assignment): Promise<Secret> {
  const { project } = pipeline.origin
  const user = userOf(pipeline, job)
  const expiresAtMs = job.deadlineMs ?? 0
  return jobTokens.issue({ jobId: job.id, projectId: project.id, userId: user.id, expiresAtMs })
}

/** With whose rights the job runs. */
function userOf({ origin }: PipelineRecord, { user }: JobRecord): PipelineUser {
  return user ?? origin.user
}

/** Step 3. False when the job was cancelled meanwhile. */
async function bindToken({ store, clock }: Context, job: JobRecord, token: Secret): Promise<boolean> {
  const tokenHash = hashToken(token.reveal())
  const bind = (one: JobRecord): JobRecord => (one.state === 'running' ? { ...one, tokenHash } : one)
  const at = { jobId: job.id, nowMs: clock.nowMs() }
  return (await store.updateJob(job.id, (now) => settleOne(now, bind, at))) !== undefined
}

async function assemble(context: Context, assignment: Assignment, token: Secret): Promise<JobPayload> {
  const { pipeline, job } = assignment
  const dependencies = dependenciesOf(job, await context.store.givers(pipeline.id, giversOf(job)))
  return buildPayload({
    pipeline,
    job,
    token: token.reveal(),
    variables: await payloadVariables(context, assignment, { token, dependencies }),
    dependencies,
    nowMs: context.clock.nowMs(),
  })
}

/** All variables of the job, expanded, with its secrets, which exist only in this answer. */
async function payloadVariables(
  context: Context,
  assignment: Assignment,
  { token, dependencies }: { readonly token: Secret; readonly dependencies: readonly Giver[] },
): Promise<readonly PayloadVariable[]> {
  const { job, pipeline } = assignment
  const known = scopedVariables(context, assignment)
  const own = [...job.plan.yaml_variables, ...dotenvOf(dependencies)]
  // Secrets are values, never references: they are neither expanded nor, before this answer, part of anything else.
  const secrets = [
    secret('CI_JOB_TOKEN', token.reveal(), true),
    secret('CI_REPOSITORY_URL', repositoryUrl(pipeline.origin, token.reveal()), false),
  ]
  const idTokens = await mintIdTokens(context, assignment, expandedMap(byPrecedence(known, own)))
  const all = byPrecedence({ ...known, predefined: [...known.predefined, ...secrets, ...idTokens] }, own)
  return inPayloadForm(all, { secrets: [...secrets, ...idTokens], known })
}

/** Protected variables only on protected refs, those of an environment only in its jobs. */
function scopedVariables(
  context: Context,
  assignment: Assignment,
): Pick<KnownVariables, 'predefined' | 'project' | 'pipeline'> {
  const { job, pipeline } = assignment
  const { origin } = pipeline
  const known = {
    predefined: knownVariables(context, assignment),
    project: origin.projectVariables,
    pipeline: [...origin.pipelineVariables, ...job.variables],
  }
  return inScope(known, {
    isProtected: isProtected(origin),
    environment: job.plan.environment?.name ?? null,
  })
}

function knownVariables(context: Context, { pipeline, job, runner, info }: Assignment): readonly Variable[] {
  const { id, iid, origin, createdAtMs } = pipeline
  const { externalUrl } = context
  const facts = {
    job,
    pipeline: { id, iid, projectPath: origin.project.path },
    runner,
    runnerInfo: info,
    externalUrl,
  }
  const acting = { ...origin, user: userOf(pipeline, job) }
  return [...pipelineVariables(acting, { externalUrl, createdAtMs }), ...jobVariables(facts)]
}

function secret(key: string, value: string, isMasked: boolean): Variable {
  return { key, value, isMasked, isRaw: /[$%]/.test(value) }
}

function expandedMap(variables: readonly Variable[]): ReadonlyMap<string, Variable> {
  const expansion = expandVariables(variables)
  // Planning has refused circles, and predefined variables refer to nothing.
  const list = expansion.kind === 'expanded' ? expansion.variables : variables
  return new Map(list.map((variable) => [variable.key, variable]))
}

/** Minted now, for the time that the job may take. */
async function mintIdTokens(
  context: Context,
  assignment: Assignment,
  variables: ReadonlyMap<string, Variable>,
): Promise<readonly Variable[]> {
  const lifetimeSeconds = assignment.job.timeoutSeconds ?? context.limits.jobTimeoutSeconds
  const expand = (text: string): string => expandText(text, { variables }) ?? text
  const tokens: Variable[] = []
  for (const [key, { aud }] of Object.entries(assignment.job.plan.id_tokens)) {
    const audience = typeof aud === 'string' ? expand(aud) : aud.map(expand)
    const token = await context.mintIdToken(subject(assignment), { audience, lifetimeSeconds })
    tokens.push(secret(key, token.reveal(), true))
  }
  return tokens
}

function subject({ pipeline, job, runner }: Assignment): IdTokenJob {
  const { id, origin } = pipeline
  const { project, commit, source, configPath } = origin
  const user = userOf(pipeline, job)
  const { environment } = job.plan
  const { name: _name, defaultBranch: _defaultBranch, ...projectClaims } = project
  return {
    project: projectClaims,
    user: { id: user.id, login: user.login, email: user.email, accessLevel: user.accessLevel },
    pipeline: { id, source },
    job: { id: job.id },
    ref: { name: commit.ref, type: commit.refType, isProtected: isProtected(origin) },
    sha: commit.sha,
    configPath,
    runner: { id: runner.id, environment: 'self-hosted' },
    jobSource: source,
    ...(environment === null
      ? {}
      : {
          environment: environment.name,
          deploymentTier: tierOf(environment),
          environmentAction: environment.action,
        }),
  }
}

interface Origins {
  readonly secrets: readonly Variable[]
  readonly known: { readonly project: readonly Variable[]; readonly pipeline: readonly Variable[] }
}

/** Predefined and YAML variables are public; secrets, project and pipeline variables are not. */
function inPayloadForm(all: readonly Variable[], { secrets, known }: Origins): readonly PayloadVariable[] {
  const origins = new Map(all.map((variable) => [variable.key, variable]))
  const closed = new Set([...secrets, ...known.project, ...known.pipeline])
  return [...expandedMap(all).values()].map(
    ({ key, value, isMasked = false, isRaw = false, isFile = false }) => {
      const origin = origins.get(key)
      const isPublic = origin === undefined || !closed.has(origin)
      return { key, value, public: isPublic, masked: isMasked, raw: isRaw, file: isFile }
    },
  )
}
