/** The keys of a policy file, version 1. docs/reference/policy.md and schemas/policy-v1.schema.json tell the same. */
import * as v from 'valibot'
import { isName } from '../../formats/python/index.ts'
import { isIssuerUrl } from '../../identity/index.ts'
import { REQUIREMENTS } from './policy.ts'

export const POLICY_LIMITS = { bytes: 64 << 10, rules: 500, names: 1000, identities: 100, refs: 100 } as const

const MAX_TEXT_LENGTH = 1024

const text = v.pipe(
  v.string('must be a string in quotes'),
  v.nonEmpty('must not be empty'),
  v.maxLength(MAX_TEXT_LENGTH, 'is too long'),
)

function pattern(form: RegExp, words: string) {
  return v.pipe(text, v.regex(form, words))
}

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

function listOf<T extends v.GenericSchema>(item: T, what: string, most: number) {
  return v.pipe(
    v.array(item, `must be a list of ${what}`),
    v.minLength(1, 'must not be empty'),
    v.maxLength(most, `has more than ${most} items`),
  )
}

const requires = listOf(
  v.picklist(REQUIREMENTS, `must be one of ${REQUIREMENTS.map((one) => `"${one}"`).join(', ')}`),
  'requirements',
  REQUIREMENTS.length,
)

export const Identity = v.pipe(
  v.strictObject({
    issuer,
    project: v.optional(project),
    config_file: v.optional(configFile),
    refs: v.optional(listOf(ref, 'refs', POLICY_LIMITS.refs)),
    identity: v.optional(text),
    identity_pattern: v.optional(text),
    project_id: v.optional(
      v.pipe(
        v.number('must be a whole number'),
        v.safeInteger('must be a whole number'),
        v.minValue(1, 'must be a whole number from 1'),
      ),
    ),
    environment: v.optional(text),
    protected_ref: v.optional(v.literal(true, 'must be true, or not be set')),
  }),
  v.check(
    (one) =>
      [one.project, one.identity, one.identity_pattern].filter((said) => said !== undefined).length === 1,
    'must have exactly one of project, identity and identity_pattern',
  ),
  v.check(
    (one) => (one.project === undefined) === (one.refs === undefined),
    'must have refs if it has a project, and no refs otherwise',
  ),
  v.check(
    (one) => one.project !== undefined || one.config_file === undefined,
    'must not have a config_file without a project',
  ),
)

const anyOf = listOf(Identity, 'tables', POLICY_LIMITS.identities)

export const Rule = v.pipe(
  v.strictObject({
    names: v.optional(listOf(name, 'package names', POLICY_LIMITS.names)),
    prefixes: v.optional(listOf(prefix, 'prefixes', POLICY_LIMITS.names)),
    require: v.optional(requires),
    any_of: anyOf,
  }),
  v.check(
    ({ names, prefixes }) => names !== undefined || prefixes !== undefined,
    'must have names or prefixes',
  ),
)

export const Unlisted = v.strictObject({ require: v.optional(requires), any_of: anyOf })

export const PolicyTable = v.strictObject({
  version: v.literal(1, 'must be 1: this version of wheelseal reads no other'),
  rules: v.optional(listOf(Rule, 'tables, [[rules]]', POLICY_LIMITS.rules)),
  unlisted: v.optional(Unlisted),
})

export type IdentityTable = Readonly<v.InferOutput<typeof Identity>>
export type RuleTable = Readonly<v.InferOutput<typeof Rule>>
export type PolicyFileTable = Readonly<v.InferOutput<typeof PolicyTable>>
