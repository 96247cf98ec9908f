import type { JobRecord, JobState, PipelineRecord } from './store.ts'

export type Order = 'id' | 'status' | 'ref' | 'updated_at' | 'user_id'

/** What is left out is not asked for. */
export interface PipelineFilter {
  readonly ref?: string | undefined
  readonly sha?: string | undefined
  readonly source?: string | undefined
  /** GitLab's user name. */
  readonly login?: string | undefined
  /** Any of these; none of them finds nothing. */
  readonly states?: readonly JobState[] | undefined
  /** Milliseconds since 1970, exclusive. */
  readonly updatedAfterMs?: number | undefined
  readonly updatedBeforeMs?: number | undefined
}

export interface Slice {
  readonly direction: 'asc' | 'desc'
  readonly offset: number
  readonly limit: number
}

export interface ListedJob {
  readonly job: JobRecord
  readonly pipeline: PipelineRecord
}

/**
 * Lists of what a project ran. Of more than `LISTED_AT_MOST` pipelines that an index finds, the newest are looked at and
 * no others, so that a request costs the same however long the project has been running.
 */
export interface PipelineLists {
  pipelines(
    projectId: number,
    filter: PipelineFilter,
    slice: Slice & { readonly orderBy: Order },
  ): Promise<readonly PipelineRecord[]>
  /** Undefined where they are more than are looked at. */
  countPipelines(projectId: number, filter: PipelineFilter): Promise<number | undefined>
  /** By number. `states`: any of these; left out: of all. */
  jobs(
    projectId: number,
    states: readonly JobState[] | undefined,
    slice: Slice,
  ): Promise<readonly ListedJob[]>
  countJobs(projectId: number, states: readonly JobState[] | undefined): Promise<number | undefined>
}

export const LISTED_AT_MOST = 10_000
