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
  KeptName,
  Mismatch,
  NewPage,
  PinEvent,
  Refusal,
  SealVerdictKey,
  StoredSeal,
  UpstreamName,
} from './store.ts'
export type { PageAnswer, SealAnswer, Upstream } from './upstream.ts'
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
export { decideName, decideRelease } from './decide/decide.ts'
export { readHistory, releaseLine, type History, type SealedRelease } from './decide/history.ts'
export type { NameDecision, NameQuestion, ReleaseDecision, ReleaseQuestion } from './decide/question.ts'
export { sealAllowed } from './decide/expected.ts'
export { identityMatchesPin } from './pins/signer.ts'
export { judgeSeals, sealStateOf, type JudgedSeal, type SealQuestion } from './judge-seals.ts'
export { applyMode, type Applied, type Mode } from './decide/mode.ts'
export {
  listingOf,
  signpostFor,
  type ListingQuestion,
  type NameListing,
  type PageFile,
  type Signpost,
} from './decide/listing.ts'
export { refusalId } from './refusal-id.ts'
export { refusalOf, sentenceFor, type Told } from './sentence.ts'
