/**
 * The gate: a verifying index in front of other indexes, for installers that verify nothing.
 */
export { gateErrors, type GateCode } from './errors.ts'
export type { CachedBlob, FileCache, Incoming } from './cache.ts'
export type { Decision, Ground } from './decision.ts'
export type {
  GateState,
  JudgedFile,
  KnownFile,
  ListedFile,
  NameFacts,
  Pin,
  ReleaseFacts,
  SealState,
  SealVerdict,
} from './facts.ts'
export type {
  CountedRefusal,
  Counts,
  GateStore,
  GoneFile,
  KeptCheckpoint,
  KeptName,
  LetThrough,
  Mismatch,
  NewPage,
  PinEvent,
  Refusal,
  ReleaseLetThrough,
  SealVerdictKey,
  StoredSeal,
  UpstreamName,
} from './store.ts'
export type { PageAnswer, SealAnswer, UnreadLinks, Upstream } from './upstream.ts'
export {
  RELEASE_STATES,
  REPORTED_OUTCOMES,
  type FileReport,
  type LinkedReport,
  type PinReport,
  type RefusalReport,
  type ReleaseReport,
  type ReleaseState,
  type ReportedOutcome,
  type SignerReport,
} from './report.ts'
export type {
  AskedFile,
  FileAnswer,
  Gate,
  GatePage,
  GateReader,
  GateStatus,
  PageEntry,
  Refused,
  SmallAnswer,
  UpstreamStatus,
  WrittenPage,
} from './gate.ts'
export type { PolicyTrial, TrialChange, TrialRelease, TriedFile } from './trial.ts'
export { setUpLines } from './set-up.ts'
export { createOwnRegistry, type OwnRegistry } from './own-registry/own-registry.ts'
export { createGate } from './life/create-gate.ts'
export type { GateMode, GateParts, GatePolicy, GateTrust, GateUpstream } from './life/parts.ts'
