import type { Project } from '../access/index.ts'
import type { RepositoryParts } from './parts.ts'
import { pipelineOfPush, type PushedRef } from './push-pipeline.ts'
import { readPushOptions } from './push-options.ts'
import { NO_OBJECT, type PushCommand } from './push-head.ts'
import type { OpenPush, Pusher } from './store.ts'

export interface BegunPush {
  /** Whole names of the refs that git says it has changed; undefined: nobody knows. */
  end(changed: ReadonlySet<string> | undefined): Promise<readonly string[]>
}

export interface NewPush {
  readonly project: Project
  readonly pusher: Pusher
  readonly commands: readonly PushCommand[]
  readonly options: readonly string[]
}

/** Of one push, as GitLab's default: more refs get none. */
const MAX_PIPELINES = 4
const MAX_OPEN = 1_000

/**
 * The life of a push, between git's own steps; docs/design/repositories.md numbers them. Sentences are for the screen of
 * who pushes.
 */
export async function beginPush(parts: RepositoryParts, push: NewPush): Promise<BegunPush> {
  const { project, pusher, commands, options } = push
  const begun = { projectId: project.id, pusher, commands, options, beganAtMs: parts.clock.nowMs() }
  const id = await parts.store.begin(begun)
  return {
    end: async (told) => {
      const changed = told === undefined ? await changedNow(parts, begun) : changedOf(commands, told)
      await parts.git.sync(project.id, changed)
      await parts.store.land(id, changed)
      return makePipelines(parts, project, { ...begun, id, changed })
    },
  }
}

function changedOf(commands: readonly PushCommand[], told: ReadonlySet<string>): readonly string[] {
  return commands.map(({ ref }) => ref).filter((ref) => told.has(ref))
}

/** By what the refs are now: git changed one of several pushes, or none, and who knows which is gone. */
async function changedNow(
  { git }: RepositoryParts,
  { projectId, commands }: Pick<OpenPush, 'projectId' | 'commands'>,
): Promise<readonly string[]> {
  const refs = commands.map(({ ref }) => ref)
  const now = await git.refsNow(projectId, refs)
  return commands.filter(({ ref, newSha }) => (now.get(ref) ?? NO_OBJECT) === newSha).map(({ ref }) => ref)
}

/**
 * Before the server takes requests: what a crash left of pushes is carried to its end. Of two that wanted the same of
 * one ref git has let one through: the first counts.
 */
export async function finishPushes(parts: RepositoryParts): Promise<void> {
  const taken = new Set<string>()
  for (const push of await parts.store.listOpen(MAX_OPEN)) {
    try {
      const project = await parts.access.findProject(push.projectId)
      if (project === undefined) await parts.store.finish(push.id)
      else await finishPush(parts, { project, push, taken })
    } catch (error) {
      parts.log.failure('push.unfinished', error, { push: push.id, projectId: push.projectId })
    }
  }
}

async function finishPush(
  parts: RepositoryParts,
  {
    project,
    push,
    taken,
  }: { readonly project: Project; readonly push: OpenPush; readonly taken: Set<string> },
): Promise<void> {
  const changed = push.changed ?? (await changedNow(parts, push))
  const own = changed.filter((ref) => push.changed !== null || !taken.has(`${push.projectId} ${ref}`))
  for (const ref of own) taken.add(`${push.projectId} ${ref}`)
  await parts.git.sync(project.id, own)
  await parts.store.land(push.id, own)
  const sentences = await makePipelines(parts, project, { ...push, changed: own })
  parts.log.event('push.finished', { push: push.id, projectId: project.id, sentences: sentences.length })
}

/** Exactly one for each ref that is due one, however often this is called for a push. */
async function makePipelines(
  parts: RepositoryParts,
  project: Project,
  push: OpenPush & { readonly changed: readonly string[] },
): Promise<readonly string[]> {
  const { commands, changed } = push
  const due = commands.filter(({ ref, newSha }) => changed.includes(ref) && newSha !== NO_OBJECT)
  const { sentences, ...options } = readPushOptions(push.options)
  const said = due.length === 0 ? [] : [...sentences]
  for (const command of due.slice(0, MAX_PIPELINES)) {
    const pushed: PushedRef = { project, push, command, options }
    said.push(...(await pipelineOfPush(parts, pushed)))
  }
  if (due.length > MAX_PIPELINES)
    said.push(`No pipelines for ${due.length - MAX_PIPELINES} more refs: a push starts ${MAX_PIPELINES}.`)
  await parts.store.finish(push.id)
  return said
}
