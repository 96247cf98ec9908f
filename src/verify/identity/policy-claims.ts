import type { Identity } from '../../identity/index.ts'
import { describeRule, holds, type ClaimRule } from '../policy/policy.ts'
import { failed, notApplicable, passed, type Finding } from '../verdict/verdict.ts'

/** What people call the claims. */
const WORDS: Readonly<Partial<Record<ClaimRule['claim'], string>>> = {
  sourceRepositoryUri: 'project',
  sourceRepositoryIdentifier: 'project id',
  deploymentEnvironment: 'environment',
  refProtected: 'protected ref',
}

/** The claims that the rule asks for, each in the certificate and as it should be. */
export function checkClaims(identity: Identity, rules: readonly ClaimRule[] = []): Finding {
  if (rules.length === 0) return notApplicable('no claims are required')
  const wrong = rules.find((rule) => !claimHolds(identity, rule))
  if (wrong === undefined) return passed(`as required: ${rules.map(wordsOf).join(', ')}`)
  const value = claimOf(identity, wrong)
  return failed(value === undefined ? absence(wrong) : difference(wrong), {
    expected: describeRule(wrong.rule),
    found: value ?? 'nothing',
  })
}

function absence(rule: ClaimRule): string {
  if (rule.claim === 'refProtected') return 'the certificate does not say whether the ref is protected'
  return `the certificate has no ${wordsOf(rule)} (${rule.claim})`
}

function difference(rule: ClaimRule): string {
  if (rule.claim === 'refProtected') return 'the ref is not protected'
  return `the certificate was issued to a different ${wordsOf(rule)} (${rule.claim})`
}

export function claimsHold(identity: Identity, rules: readonly ClaimRule[] = []): boolean {
  return rules.every((rule) => claimHolds(identity, rule))
}

function claimHolds(identity: Identity, rule: ClaimRule): boolean {
  const value = claimOf(identity, rule)
  return value !== undefined && holds(rule.rule, value)
}

function claimOf({ claims }: Identity, { claim }: ClaimRule): string | undefined {
  return claim === 'refProtected' ? protectedRef(claims.tokenSubject) : claims[claim]
}

function wordsOf({ claim }: ClaimRule): string {
  return WORDS[claim] ?? claim
}

/** Claims whose values have no colon, so that the subject can be read in one way only. */
const PLAIN = new Set([
  'project_path',
  'ref_type',
  'ref',
  'ref_path',
  'ref_protected',
  'environment',
  'environment_protected',
  'deployment_tier',
  'pipeline_source',
])

/**
 * No extension of Fulcio's tells whether a ref is protected; the subject of the token does where the project has put
 * `ref_protected` into it: `project_path:acme/tools:ref_type:branch:ref:main:ref_protected:true`.
 */
function protectedRef(subject = ''): string | undefined {
  const parts = subject.split(':')
  const names = parts.filter((_, index) => index % 2 === 0)
  const isPlain = parts.length % 2 === 0 && names.every((name) => PLAIN.has(name))
  if (!isPlain || names[0] !== 'project_path' || new Set(names).size !== names.length) return undefined
  const at = names.indexOf('ref_protected')
  return at === -1 ? undefined : parts[2 * at + 1]
}
