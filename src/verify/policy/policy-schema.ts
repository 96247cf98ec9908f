/** The keys of a policy file, version 1. docs/reference/policy.md and schemas/policy-v1.schema.json tell the same. */
import * as v from 'valibot'
import { isName } from '../../formats/python/index.ts'
import { isIssuerUrl } from '../../identity/index.ts'
import { Exempt, fitTogether, gateKeys } from './gate-schema.ts'
import { isGitHubIssuer } from './github-rule.ts'
import { REQUIREMENTS } from './policy.ts'
import { listOf, oneOfWords, onlyTrue, pattern, text } from './schema-parts.ts'

export { Exempt } from './gate-schema.ts'

export const POLICY_LIMITS = {
  bytes: 64 << 10,
  rules: 500,
  names: 1000,
  identities: 100,
  refs: 100,
  exemptions: 500,
} as const

const issuer = v.pipe(
  text,
  v.check(
    isIssuerUrl,
    'must be the claim `iss` of the tokens: a URL in lower case, without default port, query or trailing slash',
  ),
)
const project = pattern(
  /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/,
  'must be a full path such as "acme/tools", without leading or trailing slash',
)
const configFile = pattern(
  /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/,
  'must be a path in the repository such as ".gitlab-ci.yml", without leading slash',
)
const ref = pattern(
  /^refs\/(?:heads|tags|merge-requests)\/[A-Za-z0-9._/@+*-]+$/,
  'must be a full ref such as "refs/heads/main" or "refs/tags/v*"',
)
const name = v.pipe(text, v.check(isName, 'is not a package name'))
const prefix = pattern(
  /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?[-_.]$/,
  'must end with "-": "acme-" matches "acme-tools" and not "acmetools"',
)

const repository = pattern(
  /^[A-Za-z0-9][A-Za-z0-9_-]*\/[A-Za-z0-9._-]+$/,
  'must be owner and repository such as "acme/tools", without host, leading or trailing slash',
)
const workflow = pattern(
  /^[A-Za-z0-9._-]+\.ya?ml$/,
  'must be the name of a file in .github/workflows such as "release.yml"',
)

const requires = listOf(oneOfWords(REQUIREMENTS), 'requirements', REQUIREMENTS.length)

const id = v.pipe(
  v.number('must be a whole number'),
  v.safeInteger('must be a whole number'),
  v.minValue(1, 'must be a whole number from 1'),
)

export const Identity = v.pipe(
  v.strictObject({
    issuer,
    project: v.optional(project),
    config_file: v.optional(configFile),
    repository: v.optional(repository),
    workflow: v.optional(workflow),
    refs: v.optional(listOf(ref, 'refs', POLICY_LIMITS.refs)),
    identity: v.optional(text),
    identity_pattern: v.optional(text),
    project_id: v.optional(id),
    repository_id: v.optional(id),
    environment: v.optional(text),
    protected_ref: v.optional(onlyTrue),
  }),
  v.check(
    (one) =>
      [one.project, one.repository, one.identity, one.identity_pattern].filter((said) => said !== undefined)
        .length === 1,
    'must have exactly one of project, repository, identity and identity_pattern',
  ),
  v.check(
    (one) => (one.project === undefined && one.repository === undefined) === (one.refs === undefined),
    'must have refs if it has a project or a repository, and no refs otherwise',
  ),
  v.check(
    (one) => one.project !== undefined || one.config_file === undefined,
    'must not have a config_file without a project',
  ),
  v.check(
    (one) => (one.repository === undefined) === (one.workflow === undefined),
    'must have a workflow if it has a repository, and no workflow otherwise',
  ),
  v.check(
    (one) => one.repository === undefined || isGitHubIssuer(one.issuer),
    'must have the issuer https://token.actions.githubusercontent.com if it has a repository; use identity for workflows of other servers',
  ),
  v.check(
    (one) => one.repository !== undefined || one.repository_id === undefined,
    'must not have a repository_id without a repository',
  ),
  v.check(
    (one) => one.repository === undefined || (one.project_id ?? one.protected_ref) === undefined,
    'must not have project_id or protected_ref with a repository, whose certificates have repository_id and environment only',
  ),
)

const anyOf = listOf(Identity, 'tables', POLICY_LIMITS.identities)

export const Rule = v.pipe(
  v.strictObject({
    names: v.optional(listOf(name, 'package names', POLICY_LIMITS.names)),
    prefixes: v.optional(listOf(prefix, 'prefixes', POLICY_LIMITS.names)),
    require: v.optional(requires),
    any_of: v.optional(anyOf),
    ...gateKeys,
  }),
  v.check(
    ({ names, prefixes }) => names !== undefined || prefixes !== undefined,
    'must have names or prefixes',
  ),
  fitTogether(),
)

export const Unlisted = v.pipe(
  v.strictObject({ require: v.optional(requires), any_of: v.optional(anyOf), ...gateKeys }),
  fitTogether(),
)

export const PolicyTable = v.strictObject({
  version: v.literal(1, 'must be 1: this version of wheelseal reads no other'),
  rules: v.optional(listOf(Rule, 'tables, [[rules]]', POLICY_LIMITS.rules)),
  unlisted: v.optional(Unlisted),
  exempt: v.optional(listOf(Exempt, 'tables, [[exempt]]', POLICY_LIMITS.exemptions)),
})

export type IdentityTable = Readonly<v.InferOutput<typeof Identity>>
export type UnlistedTable = Readonly<v.InferOutput<typeof Unlisted>>
export type RuleTable = Readonly<v.InferOutput<typeof Rule>>
export type PolicyFileTable = Readonly<v.InferOutput<typeof PolicyTable>>
