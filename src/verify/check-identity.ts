import { describeError } from '../base/index.ts'
import { readIdentity, type Identity } from '../identity/index.ts'
import type { Certificate } from '../formats/x509/index.ts'
import { describeRule, holds, type IdentityRule, type Policy } from './policy.ts'
import { failed, notApplicable, open, passed, type Finding } from './verdict.ts'

export interface IdentityFindings {
  readonly identity: Finding
  readonly issuer: Finding
  readonly found?: Identity
}

/**
 * cosign: name and issuer of one rule must both hold. Stricter than cosign in what the certificate may say: one name
 * only, and the same issuer in both of its extensions (`readIdentity`).
 */
export function checkIdentity(certificate: Certificate, policy: Policy | undefined): IdentityFindings {
  let found: Identity
  try {
    found = readIdentity(certificate)
  } catch (error) {
    const reason = describeError(error)
    return {
      identity: failed(reason),
      issuer: open('the certificate does not say clearly who signed'),
    }
  }
  if (policy === undefined) {
    const unasked = notApplicable('a key was asked for, and no identity')
    return { identity: unasked, issuer: unasked, found }
  }
  const rule = closestRule(found, policy)
  if (rule === undefined) {
    const nobody = failed('the policy lets nobody sign')
    return { identity: nobody, issuer: nobody, found }
  }
  return {
    identity: compare(rule.san, found.san, 'the name'),
    issuer: compare(rule.issuer, found.issuer, 'the issuer'),
    found,
  }
}

/** The rule that holds; else the one that explains best: of two halves that fail, the name tells people more. */
function closestRule({ san, issuer }: Identity, { anyOf }: Policy): IdentityRule | undefined {
  const withName = anyOf.filter((rule) => holds(rule.san, san))
  return (
    withName.find((rule) => holds(rule.issuer, issuer)) ??
    withName[0] ??
    anyOf.find((rule) => holds(rule.issuer, issuer)) ??
    anyOf[0]
  )
}

function compare(rule: IdentityRule['san'], found: string, what: string): Finding {
  if (holds(rule, found)) return passed(`${what} is ${found}`)
  return failed(`${what} is another one`, { expected: describeRule(rule), found })
}
