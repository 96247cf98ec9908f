import type { Plan, SourceRecord, Variable } from '../ciconfig/index.ts'
import { pipelineErrors } from './errors.ts'
import { UNTOUCHED } from './retries.ts'
import { stateOf } from './parts.ts'
import { advance } from './stages.ts'
import { isFinal } from './status.ts'
import type { PipelineCommit, PipelineOrigin } from './origin.ts'
import type { NewJob, NewPipeline } from './store.ts'
import { tallyWith } from './tally.ts'

export interface PipelineRequest {
  readonly project: PipelineOrigin['project']
  readonly user: PipelineOrigin['user']
  readonly commit: PipelineCommit
  /** GitLab's word: `push`, `web`, `api`, … */
  readonly source: string
  readonly config: {
    readonly path: string
    readonly text: string
    /**
     * All that planning has read where the repository is: included files, names of files, changes. Without it the
     * pipeline has no file but `text`.
     */
    readonly sources?: SourceRecord
  }
  /** Only these jobs and those that they wait for; empty: all. */
  readonly jobs?: readonly string[]
  /** Project variables: they override those of the file. */
  readonly variables: readonly Variable[]
  /** Of this pipeline only: they override all others. */
  readonly pipelineVariables?: readonly Variable[]
  /** The pipeline is kept without jobs, as `skipped`: `[ci skip]`. Its file is not read. */
  readonly isSkipped?: boolean
  /** The pipeline is kept without jobs, as `failed`, since its file is invalid; printable lines that say why. */
  readonly yamlErrors?: readonly string[]
}

const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/
/** `@` would end the path in a certificate's identity. */
const CONFIG_PATH = /^[^\p{Cc}@]{1,1024}$/u
/** What `git check-ref-format` refuses. */
const NOT_IN_REF = /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|^[/.-]|\/\.|[/.]$|\.lock(?:\/|$)|^@$/u

/** A commit's parts go into refspecs, variables and certificates: each has one spelling. Throws `pipelines.commit`. */
export function checkRequest({ commit, source, config }: PipelineRequest): void {
  const { sha, beforeSha = sha, ref } = commit
  const checks: readonly (readonly [boolean, string])[] = [
    [HASH.test(sha) && HASH.test(beforeSha), 'the commit is not a full SHA'],
    [ref.length > 0 && ref.length <= 255 && !NOT_IN_REF.test(ref), 'the ref is not a valid git ref name'],
    [/^[a-z_]{1,64}$/.test(source), 'the source is not a pipeline source of GitLab'],
    [CONFIG_PATH.test(config.path), 'the path of the pipeline file is invalid'],
  ]
  const failed = checks.find(([holds]) => !holds)
  if (failed !== undefined) throw pipelineErrors('pipelines.commit', failed[1])
}

/** Jobs that wait for nothing are queued at once. */
export function newPipeline(
  plan: Pick<Plan, 'jobs' | 'stages'>,
  origin: PipelineOrigin,
  nowMs: number,
): NewPipeline {
  const created = plan.jobs.map((job): NewJob => ({
    stageIndex: plan.stages.indexOf(job.stage),
    plan: job,
    tags: job.tags,
    ...UNTOUCHED,
    resourceKey: job.resource_group === null ? null : `${origin.project.id}:${job.resource_group}`,
    createdAtMs: nowMs,
  }))
  const jobs = advance(created, nowMs)
  const tally = tallyWith({}, jobs)
  const state = origin.yamlErrors === undefined ? stateOf(tally) : 'failed'
  return {
    state,
    createdAtMs: nowMs,
    startedAtMs: null,
    finishedAtMs: isFinal(state) ? nowMs : null,
    origin,
    tally,
    jobs,
  }
}
