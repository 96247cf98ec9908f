/**
 * Projects, users and tokens: who may do what.
 *
 * Call `authenticate` with what a client sent, then `may` with what it wants: it looks up who that is in the project and
 * compares with one table; everything that the table does not list is refused. Projects are private unless made
 * otherwise, and their ids are never used again, so that an id pins a project for ever. Tokens are kept as hashes and
 * shown once; a job's tokens die with it.
 *
 * `createAudit` is the trail of what administrators asked for and how it ended.
 *
 * The shapes are GitLab's: projects below groups, members with the roles Guest to Owner, `glpat-` and `glcbt-` tokens, the
 * scopes api and read_api. A role in a group counts in all that is below it. Nothing makes a member yet: users are
 * administrators. Where a credential stands in a request is the business of `http/`.
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
export { ANONYMOUS, isAdministrator, type Action, type Principal } from './may.ts'
export { JOB_TOKEN_USER, parseScopes, parseVisibility, type Scope, type Visibility } from './names.ts'
export type { Role } from './roles.ts'
export type {
  AccessStore,
  Member,
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
