import type { Project } from '../access/index.ts'
import { maskTokens, printable, WheelsealError } from '../base/index.ts'
import { formatProblem, InvalidPipelineError } from '../ciconfig/index.ts'
import type { PipelineView } from '../pipelines/index.ts'
import { makeInvalidPipeline, makePipeline } from './new-pipeline.ts'
import { NO_OBJECT, type PushCommand } from './push-head.ts'
import type { PushOptions } from './push-options.ts'
import type { RepositoryParts } from './parts.ts'
import type { CommitFacts, OpenPush } from './store.ts'
import type { WantedPipeline } from './wanted.ts'

export interface PushedRef {
  readonly project: Project
  readonly push: OpenPush
  readonly command: PushCommand
  readonly options: PushOptions
}

/** GitLab's, anywhere in the message of the commit. */
const SKIP = /\[(?:ci[ _-]skip|skip[ _-]ci)\]/i
const MAX_PROBLEMS = 10

/** The pipeline of one pushed ref, and what who pushes is told of it. */
export async function pipelineOfPush(parts: RepositoryParts, pushed: PushedRef): Promise<readonly string[]> {
  const { project, push, command, options } = pushed
  const name = shortName(command.ref)
  const mark = `${push.id} ${command.ref}`
  const made = await parts.store.findPipeline(push.id, mark)
  const sha = await parts.git.resolve(project.id, command.newSha)
  if (sha === undefined) return [`No pipeline for ${name}: it is not a commit.`]
  if (made !== undefined) return withRef(parts, pushed, { id: made, sha })
  const commit = await parts.git.commit(project.id, sha)
  if (commit === undefined) return [`No pipeline for ${name}: the commit cannot be read.`]
  const skipped = skipReason(commit, options)
  if (skipped !== undefined) return [`No pipeline for ${name}: ${skipped}.`]
  return make(parts, pushed, { commit, mark })
}

function skipReason({ message }: CommitFacts, { skipsPipelines }: PushOptions): string | undefined {
  if (skipsPipelines) return 'the push option ci.skip says so'
  return SKIP.test(message) ? 'the message of the commit says [skip ci]' : undefined
}

async function make(
  parts: RepositoryParts,
  pushed: PushedRef,
  { commit, mark }: { readonly commit: CommitFacts; readonly mark: string },
): Promise<readonly string[]> {
  const { project, push, command, options } = pushed
  const { user, within } = push.pusher
  const wanted = {
    project,
    user,
    ...(within === undefined ? {} : { within }),
    commit,
    ref: command.ref,
    beforeSha: command.oldSha === NO_OBJECT ? undefined : command.oldSha,
    source: 'push',
    variables: options.variables,
    mark,
  } as const
  try {
    return pipelineSentences(parts, pushed, await makePipeline(parts, wanted))
  } catch (error) {
    if (isInvalidFile(error)) return invalid(parts, { pushed, wanted, error })
    const reason = reasonOf(error)
    if (reason === undefined) throw error
    return [`No pipeline for ${shortName(command.ref)}: ${reason}`]
  }
}

/** The file has no job for this push: nothing is wrong with it. */
function hasNoJobs({ problems }: InvalidPipelineError): boolean {
  return problems.every(({ code }) => code === 'ciconfig.no-jobs')
}

function isInvalidFile(error: unknown): error is InvalidPipelineError {
  return error instanceof InvalidPipelineError && !hasNoJobs(error)
}

interface Invalid {
  readonly pushed: PushedRef
  readonly wanted: WantedPipeline
  readonly error: InvalidPipelineError
}

/** What was pushed is there; its pipeline has failed, and says why. */
async function invalid(
  parts: RepositoryParts,
  { pushed, wanted, error }: Invalid,
): Promise<readonly string[]> {
  const lines = error.problems.slice(0, MAX_PROBLEMS).map((problem) => shown(formatProblem(problem)))
  const pipeline = await makeInvalidPipeline(parts, wanted, lines)
  const sentences = pipelineSentences(parts, pushed, pipeline)
  return [...sentences, 'It has failed: the pipeline file is invalid.', ...lines.map((line) => `  ${line}`)]
}

/** What a change of the files can mend; undefined for all else, which is tried again at the next start. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof InvalidPipelineError) return 'no job of the pipeline file is for this push.'
  if (!(error instanceof WheelsealError) || error.status >= 500) return undefined
  return `${shown(error.message)}.`
}

function shown(text: string): string {
  return printable(maskTokens(text), { maxLength: 500 })
}

function pipelineSentences(
  parts: RepositoryParts,
  pushed: PushedRef,
  { id }: Pick<PipelineView, 'id'>,
): readonly string[] {
  const { project, command } = pushed
  return [
    `Pipeline ${id} of ${shortName(command.ref)}: ${parts.externalUrl}/${project.path}/-/pipelines/${id}`,
  ]
}

async function withRef(
  parts: RepositoryParts,
  pushed: PushedRef,
  pipeline: { readonly id: number; readonly sha: string },
): Promise<readonly string[]> {
  await parts.git.setPipelineRef(pushed.project.id, pipeline)
  return pipelineSentences(parts, pushed, pipeline)
}

function shortName(ref: string): string {
  return printable(ref.replace(/^refs\/(?:heads|tags)\//, ''), { maxLength: 100 })
}
