import type { Context } from './ports.ts'
import type { PipelineUser } from './origin.ts'
import type { JobState } from './store.ts'

/** The pipeline of a job, as it is told of what the job made. */
export interface JobOrigin {
  readonly pipelineId: number
  readonly iid: number
  readonly projectId: number
  readonly projectPath: string
  readonly state: JobState
  readonly source: string
  readonly ref: string
  readonly sha: string
  readonly user: PipelineUser
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** Undefined for a job that nobody knows. */
export async function originOfJob({ store }: Context, jobId: number): Promise<JobOrigin | undefined> {
  const job = await store.findJob(jobId)
  const found = job && (await store.findPipelineRecord(job.pipelineId))
  if (job === undefined || found === undefined) return undefined
  const { id: pipelineId, iid, state, origin, createdAtMs, startedAtMs, finishedAtMs } = found
  const { project, commit, source } = origin
  return {
    pipelineId,
    iid,
    projectId: project.id,
    projectPath: project.path,
    state,
    source,
    ref: commit.ref,
    sha: commit.sha,
    user: job.user ?? origin.user,
    createdAtMs,
    updatedAtMs: finishedAtMs ?? startedAtMs ?? createdAtMs,
  }
}
