import type { Project } from '../../access/index.ts'
import { canonicalJson, sha256Hex, utf8 } from '../../base/index.ts'
import { gitLabRule, policyForFile, readPolicy, type Policy } from '../../verify/index.ts'
import { registryErrors } from '../errors.ts'

/** What a distribution must satisfy to be listed. */
export type PublishRule =
  /** Sealed by a pipeline of the project itself: its default branch, or a tag. */
  | { readonly kind: 'project-identity' }
  /** The text of a policy file. */
  | { readonly kind: 'policy'; readonly policy: string }

/** A rule that can be asked. */
export interface JudgedRule {
  /** Over all that it depends on. */
  readonly sha256: string
  policyFor(fileName: string): Policy
}

export interface RuleParts {
  /** The external URL: who vouches for the project's own pipelines. */
  readonly issuer: string
  /** Issuers whose configuration lists the project by its path. */
  readonly issuersOf?: (project: Project) => readonly string[]
}

const MAX_KEPT = 100
/** A policy costs more to read than a seal to judge. By digest, so that a rule that changes is another one. */
const kept = new Map<string, JudgedRule>()

/** Throws `verify.policy-file`. Without a rule seals are judged by the project's identity. */
export async function compileRule(
  rule: PublishRule | undefined,
  project: Project,
  parts: RuleParts,
): Promise<JudgedRule> {
  const given = rule ?? { kind: 'project-identity' }
  const text = given.kind === 'policy' ? { kind: 'policy', policy: given.policy } : identityOf(project, parts)
  const sha256 = sha256Hex(canonicalJson(text))
  const before = kept.get(sha256)
  if (before !== undefined) return before
  const compiled = { sha256, policyFor: await policiesOf(given, project, parts) }
  const [oldest] = kept.keys()
  if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest)
  kept.set(sha256, compiled)
  return compiled
}

async function policiesOf(
  rule: PublishRule,
  project: Project,
  parts: RuleParts,
): Promise<JudgedRule['policyFor']> {
  if (rule.kind === 'policy') {
    const file = await readPolicy(utf8(rule.policy), 'the publish rule')
    return (fileName) => policyForFile(fileName, file)
  }
  const policy = identityPolicy(project, parts)
  return () => policy
}

function identityOf({ id, path, defaultBranch }: Project, parts: RuleParts) {
  const issuers = parts.issuersOf?.({ id, path, defaultBranch } as Project) ?? []
  return { kind: 'project-identity', id, path, defaultBranch, issuer: parts.issuer, issuers: [...issuers] }
}

/** An id is pinned where it is ours; another issuer counts its projects in its own way. */
function identityPolicy(project: Project, { issuer, issuersOf }: RuleParts): Policy {
  const { id, path, defaultBranch } = project
  const refs = [`refs/heads/${defaultBranch}`, 'refs/tags/*']
  const own = gitLabRule({ issuer, project: path, refs, conditions: { projectId: id } })
  const others = (issuersOf?.(project) ?? []).map((url) => gitLabRule({ issuer: url, project: path, refs }))
  return { anyOf: [own, ...others], rule: `the identity of project ${path}` }
}

export function ruleText(rule: PublishRule | undefined): string | null {
  return rule === undefined ? null : JSON.stringify(rule)
}

export function ruleOf(text: string | null): PublishRule | undefined {
  return text === null ? undefined : (JSON.parse(text) as PublishRule)
}

/** Throws `registry.rule`. */
export function checkRule(rule: PublishRule): void {
  if (rule.kind === 'policy' && rule.policy.trim() === '')
    throw registryErrors('registry.rule', 'the policy is empty')
}
