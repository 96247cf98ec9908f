/**
 * A policy file, version 1: who may sign which package names.
 *
 *     version = 1
 *
 *     [[rules]]
 *     names = ["demo"]
 *     require = ["bundle"]
 *
 *     [[rules.any_of]]
 *     issuer = "https://gitlab.example.com"
 *     project = "acme/demo"
 *     refs = ["refs/heads/main", "refs/tags/v*"]
 */
import { describeError, utf8Decode } from '../../base/index.ts'
import { normalizeName } from '../../formats/python/index.ts'
import { parseToml } from '../../formats/toml/index.ts'
import { verifyErrors } from '../errors.ts'
import { checkEnds, compileExemptions } from './exemptions.ts'
import { gateTerms, type Exemption, type GateRule } from './gate-rule.ts'
import { gitHubRule } from './github-rule.ts'
import { extensionRules, gitLabRule } from './gitlab-rule.ts'
import { exactly, matching, type IdentityRule, type Policy, type TextRule } from './policy.ts'
import {
  POLICY_LIMITS,
  PolicyTable,
  type IdentityTable,
  type PolicyFileTable,
  type RuleTable,
  type UnlistedTable,
} from './policy-schema.ts'

export interface PolicyFile {
  /** As it was given, for people. */
  readonly path: string
  /** What the rule for this package asks; a policy that refuses everything where no rule lists it. Throws `python.name`. */
  policyFor(packageName: string): Policy
  /** Whether a rule has this package in its `names`. Throws `python.name`. */
  isListed(packageName: string): boolean
  /** By what a rule decides of this package. Throws `python.name`. */
  listingOf(packageName: string): Listing
  /** What a gate asks of this package; undefined where no rule lists it, `gate.unlisted`. Throws `python.name`. */
  gateRuleFor(packageName: string): GateRule | undefined
  /** For a gate alone; also those that have ended. */
  readonly exemptions: readonly Exemption[]
  readonly contents: PolicyContents
}

export type Listing = 'name' | 'prefix' | 'unlisted' | 'none'

/** What a policy has, for people. */
export interface PolicyContents {
  /** Without `[unlisted]`. */
  readonly ruleCount: number
  /** Normalised, in the order of the file. */
  readonly names: readonly string[]
  /** Each with its dash. */
  readonly prefixes: readonly string[]
  readonly hasUnlisted: boolean
}

interface Compiled {
  readonly path: string
  readonly names: ReadonlyMap<string, GateRule>
  /** The longest first. */
  readonly prefixes: readonly (readonly [string, GateRule])[]
  readonly unlisted: GateRule | undefined
}

/**
 * `path` is only shown. With `nowMs` also what a gate alone reads must hold at that time. Throws `verify.policy-file`,
 * which names file and line.
 */
export async function compilePolicy(
  bytes: Uint8Array,
  path: string,
  { nowMs }: { readonly nowMs?: number } = {},
): Promise<PolicyFile> {
  const toml = decoded(bytes, path)
  const table = readTable(toml, path)
  const exemptions = compileExemptions(table.exempt ?? [], { toml, path })
  if (nowMs !== undefined) checkEnds(exemptions, nowMs, { toml, path })
  const rules = await Promise.all(
    (table.rules ?? []).map((rule, index) => compileRule(rule, { index, path })),
  )
  const names = unique(listed(table, rules, 'names'), path)
  const prefixes = unique(listed(table, rules, 'prefixes'), path)
  const unlisted = await compileUnlisted(table, path)
  const contents = {
    ruleCount: rules.length,
    names: [...names.keys()],
    prefixes: [...prefixes.keys()],
    hasUnlisted: unlisted !== undefined,
  }
  const longestFirst = [...prefixes].toSorted(([a], [b]) => b.length - a.length)
  return { exemptions, contents, ...lookups({ path, names, prefixes: longestFirst, unlisted }) }
}

function lookups(compiled: Compiled): Omit<PolicyFile, 'exemptions' | 'contents'> {
  const find = (packageName: string) => findRule(compiled, normalizeName(packageName))
  return {
    path: compiled.path,
    policyFor: (packageName) =>
      verifyPolicy(find(packageName).rule?.policy, compiled.path, normalizeName(packageName)),
    isListed: (packageName) => compiled.names.has(normalizeName(packageName)),
    listingOf: (packageName) => find(packageName).listing,
    gateRuleFor: (packageName) => find(packageName).rule,
  }
}

interface FoundRule {
  readonly listing: Listing
  readonly rule?: GateRule
}

/** The exact name before any prefix, the longer prefix before the shorter: one rule decides, and others do not count. */
function findRule({ names, prefixes, unlisted }: Compiled, name: string): FoundRule {
  const exact = names.get(name)
  if (exact !== undefined) return { listing: 'name', rule: shownAs(exact, `name ${name}`) }
  const found = prefixes.find(([prefix]) => name.startsWith(prefix))
  if (found !== undefined) return { listing: 'prefix', rule: shownAs(found[1], `prefix ${found[0]}`) }
  return unlisted === undefined ? { listing: 'none' } : { listing: 'unlisted', rule: unlisted }
}

function shownAs(rule: GateRule, how: string): GateRule {
  const { policy } = rule
  return { ...rule, policy: { ...policy, rule: `${policy.rule ?? ''} (${how})` } }
}

/** Without a gate there is no history: a rule that lists no signer accepts none. */
function verifyPolicy(policy: Policy | undefined, path: string, name: string): Policy {
  if (policy === undefined) return { anyOf: [], refusal: `no rule of ${path} lists the name ${name}` }
  if (policy.anyOf.length > 0) return policy
  return {
    ...policy,
    refusal: `${policy.rule ?? path} has no any_of, and only a gate decides without one`,
  }
}

function readTable(toml: string, path: string): PolicyFileTable {
  const result = parseToml(toml, PolicyTable)
  if (result.ok) return result.value
  const { position, fact, hint } = result.complaint
  throw verifyErrors('verify.policy-file', `${path}:${position}: ${fact}`, hint === undefined ? {} : { hint })
}

function decoded(bytes: Uint8Array, path: string): string {
  if (bytes.length > POLICY_LIMITS.bytes)
    throw verifyErrors('verify.policy-file', `${path}: more than ${POLICY_LIMITS.bytes} bytes`)
  try {
    return utf8Decode(bytes)
  } catch (cause) {
    throw verifyErrors('verify.policy-file', `${path}: ${describeError(cause)}`, { cause })
  }
}

function compileRule(
  rule: RuleTable,
  { index, path }: { readonly index: number; readonly path: string },
): Promise<GateRule> {
  return compileTable(rule, {
    where: `${path}: rules[${index + 1}]`,
    rule: `rule ${index + 1} of ${path}`,
  })
}

async function compileUnlisted({ unlisted }: PolicyFileTable, path: string): Promise<GateRule | undefined> {
  if (unlisted === undefined) return undefined
  return compileTable(unlisted, { where: `${path}: unlisted`, rule: `[unlisted] of ${path}` })
}

async function compileTable(
  table: UnlistedTable,
  { where, rule }: { readonly where: string; readonly rule: string },
): Promise<GateRule> {
  const { any_of: identities = [], require: requires = [] } = table
  const anyOf = await Promise.all(
    identities.map((one, index) => compileIdentity(one, `${where}.any_of[${index + 1}]`)),
  )
  return { policy: { anyOf, requires, rule }, ...gateTerms(table) }
}

async function compileIdentity(table: IdentityTable, where: string): Promise<IdentityRule> {
  const { issuer, project, repository, workflow = '', refs = [], config_file: configFile } = table
  const id = table.project_id ?? table.repository_id
  const conditions = {
    ...(id === undefined ? {} : { projectId: id }),
    ...(table.environment === undefined ? {} : { environment: table.environment }),
    ...(table.protected_ref === undefined ? {} : { refProtected: true }),
  }
  if (repository !== undefined) return gitHubRule({ issuer, repository, workflow, refs, conditions })
  if (project !== undefined) {
    const file = configFile === undefined ? {} : { configFile }
    return gitLabRule({ issuer, project, refs, conditions, ...file })
  }
  return { san: await sanRule(table, where), issuer: exactly(issuer), extensions: extensionRules(conditions) }
}

async function sanRule(
  { identity = '', identity_pattern: source }: IdentityTable,
  where: string,
): Promise<TextRule> {
  if (source === undefined) return exactly(identity)
  try {
    return await matching(source)
  } catch (cause) {
    throw verifyErrors('verify.policy-file', `${where}.identity_pattern: ${describeError(cause)}`, { cause })
  }
}

function listed(
  { rules = [] }: PolicyFileTable,
  compiled: readonly GateRule[],
  key: 'names' | 'prefixes',
): readonly (readonly [string, GateRule])[] {
  return rules.flatMap((rule, index) => {
    const one = compiled[index]
    return one === undefined ? [] : (rule[key] ?? []).map((name) => [normalized(name), one] as const)
  })
}

/** PEP 503; a prefix keeps the separator at its end, as one dash. */
function normalized(name: string): string {
  return name.replaceAll(/[-_.]+/g, '-').toLowerCase()
}

/** In two rules a name would leave open which of them decides. */
function unique(
  pairs: readonly (readonly [string, GateRule])[],
  path: string,
): ReadonlyMap<string, GateRule> {
  const rules = new Map<string, GateRule>()
  for (const [name, rule] of pairs) {
    if (rules.has(name)) throw verifyErrors('verify.policy-file', `${path}: ${name} is listed twice`)
    rules.set(name, rule)
  }
  return rules
}
