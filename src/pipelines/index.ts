/**
 * Pipelines as the server keeps them: planned from a `.gitlab-ci.yml`, queued by stage, handed to runners, reported by
 * them, and ended one way or another.
 *
 * Most callers need `createPipelines`, then `create`, `requestJob` and `get`. A job's token and id tokens are made when
 * a runner takes the job, leave in that one answer, are kept only as a hash, and die before the job is called ended.
 * Jobs run in stage order; a failure skips what follows. A job past its deadline is failed when somebody next looks.
 *
 * It runs nothing itself and knows neither HTTP nor SQL: runners come through `http/jobs.ts`, rows live behind
 * `PipelineStore`, logs behind `Traces`, artifacts behind `Blobs`. Follows GitLab's runner API (payload, states,
 * predefined variables). `docs/design/pipelines.md` has the life of a job step by step.
 */
export { pipelineErrors, JobEndedError } from './errors.ts'
export { createPipelines, type Pipelines } from './pipelines.ts'
export { pipelineVariables } from './variables.ts'
export type { PipelineRequest } from './new-pipeline.ts'
export type { JobClaim } from './job-access.ts'
export type { JobOrigin } from './job-origin.ts'
export type { JobRequest } from './queue.ts'
export type { JobPayload } from './payload.ts'
export {
  checkArtifactsKind,
  type ArtifactKind,
  type ArtifactUpload,
  type OpenArtifacts,
} from './artifacts.ts'
export type { Acting } from './people.ts'
export type { JobUpdate, TraceAnswer, TracePart } from './running.ts'
export type { JobTokens, MintIdToken, PipelineLimits, PipelineParts } from './ports.ts'
export type { JobView, PipelineView } from './view.ts'
export type { PipelineCommit, PipelineOrigin, PipelineProject, PipelineUser } from './origin.ts'
export type {
  ArtifactRecord,
  Giver,
  GiversOf,
  JobRecord,
  JobState,
  NewJob,
  NewPipeline,
  PartOfPipeline,
  PipelineChange,
  PipelineRecord,
  PipelineStore,
  RefOfProject,
  RunnerRecord,
  Snapshot,
  Traces,
  Wanted,
} from './store.ts'
export { createRunners, MAX_MANAGERS, type RunnerManager, type RunnerRows, type Runners } from './runners.ts'
export { openMember, type ArchiveMember } from './archive-member.ts'
export { createPipelineListing, type PipelineListing, type ShownJob, type ShownPipeline } from './listing.ts'
export { watchQueue, type QueueVersion } from './queue-version.ts'
export {
  LISTED_AT_MOST,
  type ListedJob,
  type Order,
  type PipelineFilter,
  type PipelineLists,
  type Slice,
} from './lists.ts'
export { GITLAB_VERSION, isProtected } from './variables.ts'
