/** What a job is, as `pipelines` knows it. */
export interface Job {
  readonly id: number
  readonly name: string
  readonly stage: string
  /** GitLab's word for its state. */
  readonly status: string
  readonly projectId: number
  readonly ref: string
  readonly isTag: boolean
  readonly sha: string
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  readonly pipeline: {
    readonly id: number
    readonly iid: number
    readonly status: string
    readonly source: string
    readonly createdAtMs: number
  }
}

/** Filled by `pipelines`, so that nothing else needs to know of its tables. */
export interface Jobs {
  /** False from the moment a job ends: nothing of its may be believed any more. */
  isJobRunning(jobId: number): Promise<boolean>
  findJob(jobId: number): Promise<Job | undefined>
}
