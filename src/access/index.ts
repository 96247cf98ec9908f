/**
 * Projects, users and tokens: who may do what.
 *
 * Call `authenticate` with what a client sent, then `may` with what it wants: it looks up who that is in the project and
 * compares with one table; everything that the table does not list is refused. Projects are private unless made
 * otherwise, and their ids are never used again, so that an id pins a project for ever. Tokens are kept as hashes and
 * shown once; a job's tokens die with it.
 *
 * `createPublishers` is trusted publishing: which pipelines may publish to a project without a stored secret, by the id
 * token of their job.
 *
 * `createAudit` is the trail of what administrators asked for and how it ended.
 *
 * The shapes are GitLab's: projects below groups, members with the roles Guest to Owner, `glpat-` and `glcbt-` tokens, the
 * scopes api and read_api. A role in a group counts in all that is below it. Tokens of projects and groups, and deploy
 * tokens, act as a bot, and are nobody's beyond their project or group. A job acts in another project only where that
 * one has let its project in. Wrong tries are counted by token and address. Where a credential stands in a request, and
 * which address it came from, is the business of `http/`.
 */
export { createAccess, type Access, type AccessParts, type JobTokenGrant } from './access.ts'
export { createAudit, type Audit, type AuditOutcome, type AuditRow, type AuditStore } from './audit.ts'
export type { Credential } from './authenticate.ts'
export type { Job, Jobs } from './jobs.ts'
export {
  ANONYMOUS,
  hasScope,
  isAdministrator,
  mayReadGates,
  mayReadMetrics,
  type Action,
  type JobUser,
  type Principal,
  type TokenUser,
} from './may.ts'
export {
  JOB_TOKEN_USER,
  parseProjectPath,
  parseVisibility,
  RESERVED_GROUPS,
  type Scope,
  type TokenKind,
  type Visibility,
} from './names.ts'
export type { CreatedToken, NewTokenRequest, People } from './people.ts'
export {
  createPublishers,
  withPublishers,
  type FittingRules,
  type JobBelief,
  type Publishers,
  type PublishingToken,
} from './publishers.ts'
export type { PublisherRule } from './publisher-rules.ts'
export type { PublisherStore, StoredPublisher, StoredUploadToken, UploadGrant } from './publisher-store.ts'
export { accessLevelOf, type Role } from './roles.ts'
export { FailedTries } from './tries.ts'
export type {
  AccessStore,
  Group,
  Member,
  MemberLine,
  NewJobToken,
  NewProject,
  NewToken,
  NewUser,
  Page,
  Project,
  StoredJobToken,
  StoredToken,
  StoredUser,
  User,
  UserKind,
} from './store.ts'
export { accessErrors } from './errors.ts'
