import { cancelJobs } from './cancels.ts'
import { pipelineErrors } from './errors.ts'
import type { Context } from './ports.ts'
import { isFinal } from './status.ts'
import type { JobRecord } from './store.ts'

/** The log and the artifacts of a job that has ended; what others made of them stays. Throws `pipelines.not-erasable`. */
export async function eraseJob({ store, traces }: Context, { id, state }: JobRecord): Promise<void> {
  if (!isFinal(state)) throw pipelineErrors('pipelines.not-erasable', `job ${id} has not ended`)
  const removed = await store.removeArtifacts(id)
  const size = await traces.size(id)
  if (removed.length === 0 && size === 0)
    throw pipelineErrors('pipelines.not-erasable', `job ${id} has left nothing, or was erased already`)
  await traces.remove(id)
}

const MAX_TRIES = 5

/**
 * Cancelled first, then its logs, then its rows: a crash between leaves a pipeline that can be removed once more, and
 * never a log that nobody knows.
 */
export async function removePipeline(context: Context, pipelineId: number): Promise<void> {
  const { store, traces, log } = context
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    await cancelJobs(context, pipelineId, { isForced: true })
    for (const { id } of (await store.findPipeline(pipelineId))?.jobs ?? []) await traces.remove(id)
    if (!(await store.removePipeline(pipelineId))) continue
    log.event('pipeline.removed', { pipelineId })
    return
  }
  throw pipelineErrors('pipelines.busy', `jobs of pipeline ${pipelineId} were started while it was removed`)
}
