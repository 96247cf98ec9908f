import type { Blobs, Clock, Entropy, Log, Secret } from '../base/index.ts'
import type { IdTokenJob } from '../identity/index.ts'
import type { PipelineStore, Traces } from './store.ts'

export type MintIdToken = (
  subject: IdTokenJob,
  options: { readonly audience: string | readonly string[]; readonly lifetimeSeconds: number },
) => Promise<Secret>

/** The tokens with which jobs use the registries. */
export interface JobTokens {
  issue(grant: {
    readonly jobId: number
    readonly projectId: number
    readonly userId: number
    readonly expiresAtMs: number
  }): Promise<Secret>
  /** All tokens of the job, now and durably. None is fine. */
  revoke(jobId: number): Promise<void>
}

export interface PipelineLimits {
  /** Of a job without `timeout`. Default 3,600, as for a new GitLab project. */
  readonly jobTimeoutSeconds: number
  /** What `timeout` may ask for. Default: a day. */
  readonly maxJobTimeoutSeconds: number
  /** Default 100 MiB. */
  readonly maxTraceBytes: number
  /** Default 1 GiB. */
  readonly maxArtifactsBytes: number
  /** Of one report. Default 10 MiB. */
  readonly maxReportBytes: number
  /** Of artifacts without `expire_in`. Default 30 days, as GitLab's. */
  readonly artifactsExpireSeconds: number
}

export const DEFAULT_LIMITS: PipelineLimits = {
  jobTimeoutSeconds: 3600,
  maxJobTimeoutSeconds: 86_400,
  maxTraceBytes: 100 << 20,
  maxArtifactsBytes: 1 << 30,
  maxReportBytes: 10 << 20,
  artifactsExpireSeconds: 30 * 86_400,
}

export interface PipelineParts {
  readonly store: PipelineStore
  readonly traces: Traces
  readonly blobs: Blobs
  readonly jobTokens: JobTokens
  readonly mintIdToken: MintIdToken
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  /** Without a slash at the end; may have a path. */
  readonly externalUrl: string
  readonly limits?: Partial<PipelineLimits>
}

/** What the parts of this room share. */
export interface Context extends Omit<PipelineParts, 'limits'> {
  readonly limits: PipelineLimits
  /** Cancels what is left of a pipeline in which a job has failed. */
  cancelOthers(pipelineId: number): Promise<void>
}
