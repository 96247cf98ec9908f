import type { ClaimName, Identity } from '../../identity/index.ts'
import { describeRule, holds, type TextRule } from '../policy/policy.ts'
import type { ClaimRules } from '../seal.ts'
import { failed, notApplicable, open, passed, type Finding } from '../verdict/verdict.ts'

/** Fulcio's extensions: all that were asked for must be there and hold. */
export function checkClaims(identity: Identity | undefined, rules: ClaimRules = {}): Finding {
  const asked = Object.entries(rules) as [ClaimName, TextRule][]
  if (asked.length === 0) return notApplicable('no claims are required')
  if (identity === undefined) return open('the identity in the certificate is not readable')
  const wrong = asked.find(([name, rule]) => !holdsFor(identity.claims[name], rule))
  if (wrong === undefined) return passed(asked.map(([name]) => `${name} ${identity.claims[name]}`).join(', '))
  const [name, rule] = wrong
  return failed(`the claim ${name} has a different value`, {
    expected: describeRule(rule),
    found: identity.claims[name] ?? 'nothing',
  })
}

function holdsFor(found: string | undefined, rule: TextRule): boolean {
  return found !== undefined && holds(rule, found)
}
