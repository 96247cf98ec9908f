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
import { extensionRules, gitLabRule } from './gitlab-rule.ts'
import { exactly, matching, type IdentityRule, type Policy, type TextRule } from './policy.ts'
import {
  POLICY_LIMITS,
  PolicyTable,
  type IdentityTable,
  type PolicyFileTable,
  type RuleTable,
} from './policy-schema.ts'

export interface PolicyFile {
  /** What the rule for this package asks; a policy that refuses everything where no rule lists it. Throws `python.name`. */
  policyFor(packageName: string): Policy
  /** Whether a rule has this package in its `names`. Throws `python.name`. */
  isListed(packageName: string): boolean
}

interface CompiledRule {
  readonly shown: string
  readonly policy: Policy
}

interface Compiled {
  readonly path: string
  readonly names: ReadonlyMap<string, CompiledRule>
  /** The longest first. */
  readonly prefixes: readonly (readonly [string, CompiledRule])[]
  readonly unlisted?: Policy
}

/** `path` is only shown. Throws `verify.policy-file`, which names file and line. */
export async function compilePolicy(bytes: Uint8Array, path: string): Promise<PolicyFile> {
  const table = readTable(bytes, path)
  const rules = await Promise.all(
    (table.rules ?? []).map((rule, index) => compileRule(rule, { index, path })),
  )
  const compiled: Compiled = {
    path,
    names: unique(listed(table, rules, 'names'), path),
    prefixes: [...unique(listed(table, rules, 'prefixes'), path)].toSorted(([a], [b]) => b.length - a.length),
    ...(table.unlisted === undefined
      ? {}
      : {
          unlisted: await compileTable(table.unlisted, {
            where: `${path}: unlisted`,
            rule: `[unlisted] of ${path}`,
          }),
        }),
  }
  return {
    policyFor: (packageName) => policyFor(compiled, normalizeName(packageName)),
    isListed: (packageName) => compiled.names.has(normalizeName(packageName)),
  }
}

/** The exact name before any prefix, the longer prefix before the shorter: one rule decides, and others do not count. */
function policyFor({ path, names, prefixes, unlisted }: Compiled, name: string): Policy {
  const exact = names.get(name)
  if (exact !== undefined) return withRule(exact, `name ${name}`)
  const found = prefixes.find(([prefix]) => name.startsWith(prefix))
  if (found !== undefined) return withRule(found[1], `prefix ${found[0]}`)
  return unlisted ?? { anyOf: [], refusal: `no rule of ${path} lists the name ${name}` }
}

function withRule({ shown, policy }: CompiledRule, how: string): Policy {
  return { ...policy, rule: `${shown} (${how})` }
}

function readTable(bytes: Uint8Array, path: string): PolicyFileTable {
  if (bytes.length > POLICY_LIMITS.bytes)
    throw verifyErrors('verify.policy-file', `${path}: more than ${POLICY_LIMITS.bytes} bytes`)
  const result = parseToml(decoded(bytes, path), PolicyTable)
  if (result.ok) return result.value
  const { position, fact, hint } = result.complaint
  throw verifyErrors('verify.policy-file', `${path}:${position}: ${fact}`, hint === undefined ? {} : { hint })
}

function decoded(bytes: Uint8Array, path: string): string {
  try {
    return utf8Decode(bytes)
  } catch (cause) {
    throw verifyErrors('verify.policy-file', `${path}: ${describeError(cause)}`, { cause })
  }
}

async function compileRule(
  rule: RuleTable,
  { index, path }: { readonly index: number; readonly path: string },
): Promise<CompiledRule> {
  const where = `${path}: rules[${index + 1}]`
  const shown = `rule ${index + 1} of ${path}`
  return { shown, policy: await compileTable(rule, { where, rule: shown }) }
}

async function compileTable(
  { any_of: identities, require: requires = [] }: Pick<RuleTable, 'any_of' | 'require'>,
  { where, rule }: { readonly where: string; readonly rule: string },
): Promise<Policy> {
  const anyOf = await Promise.all(
    identities.map((one, index) => compileIdentity(one, `${where}.any_of[${index + 1}]`)),
  )
  return { anyOf, requires, rule }
}

async function compileIdentity(table: IdentityTable, where: string): Promise<IdentityRule> {
  const { issuer, project, refs = [], config_file: configFile } = table
  const conditions = {
    ...(table.project_id === undefined ? {} : { projectId: table.project_id }),
    ...(table.environment === undefined ? {} : { environment: table.environment }),
    ...(table.protected_ref === undefined ? {} : { refProtected: true }),
  }
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
  compiled: readonly CompiledRule[],
  key: 'names' | 'prefixes',
): readonly (readonly [string, CompiledRule])[] {
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
  pairs: readonly (readonly [string, CompiledRule])[],
  path: string,
): ReadonlyMap<string, CompiledRule> {
  const rules = new Map<string, CompiledRule>()
  for (const [name, rule] of pairs) {
    if (rules.has(name)) throw verifyErrors('verify.policy-file', `${path}: ${name} is listed twice`)
    rules.set(name, rule)
  }
  return rules
}
