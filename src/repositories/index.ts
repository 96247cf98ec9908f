/**
 * The git repositories of projects: what a push may change, and which pipelines come of it.
 *
 * `readPushHead` and `refusalOf` judge a push before git sees it, `beginPush` leaves the trace by which a crash loses no
 * pipeline and makes none twice, `ReportReader` keeps git's report until all is durable. `makePipeline` plans from a
 * commit. git itself stands behind `GitRepositories`, rows behind `PushStore`.
 *
 * Follows gitprotocol-pack(5), gitprotocol-http(5) and GitLab's rules for pushes and their pipelines.
 * docs/design/repositories.md has the life of a push step by step.
 */
export { repositoryErrors } from './errors.ts'
export { makePipeline } from './new-pipeline.ts'
export type { WantedPipeline } from './wanted.ts'
export { FLUSH, packet } from './packets.ts'
export type { RepositoryParts } from './parts.ts'
export { identityOf, projectVariables, type ProjectVariable, type SigningTrust } from './project-variables.ts'
export { readPushHead, type PushCommand, type PushHead } from './push-head.ts'
export { refusedReport, ReportReader } from './push-report.ts'
export { refusalOf, type PushRights } from './push-rules.ts'
export { beginPush, finishPushes, type BegunPush } from './pushes.ts'
export type {
  CommitFacts,
  CommitSources,
  GitRepositories,
  OpenPush,
  PageOf,
  Pusher,
  PushStore,
  RefFacts,
  Serving,
  StoredFile,
} from './store.ts'
