/**
 * Projects, users and tokens: who may do what.
 *
 * Call `authenticate` with what a client sent, then `may` with what it wants; `may` is one table and everything that it
 * does not list is refused. Projects are private unless made otherwise, and their ids are never used again, so that an
 * id pins a project for ever. Tokens are kept as hashes and shown once; a job's tokens die with it.
 *
 * `createAudit` is the trail of what administrators asked for and how it ended.
 *
 * The shapes are GitLab's (projects below groups, `glpat-` and `glcbt-` tokens, the scopes api and read_api). There are
 * no roles yet: a user is an administrator, or may read what is public or internal. Where a credential stands in a
 * request is the business of `http/`.
 */
export {
  createAccess,
  type Access,
  type AccessParts,
  type CreatedToken,
  type Credential,
  type JobTokenGrant,
} from './access.ts'
export { createAudit, type Audit, type AuditOutcome, type AuditRow, type AuditStore } from './audit.ts'
export { ANONYMOUS, type Action, type Principal } from './may.ts'
export { JOB_TOKEN_USER, parseScopes, parseVisibility, type Scope, type Visibility } from './names.ts'
export type {
  AccessStore,
  NewJobToken,
  NewProject,
  NewToken,
  NewUser,
  Project,
  StoredJobToken,
  StoredToken,
  User,
} from './store.ts'
export { accessErrors } from './errors.ts'
