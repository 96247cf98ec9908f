import { describeError } from '../../base/index.ts'
import { readIdentity, type Identity } from '../../identity/index.ts'
import type { Certificate } from '../../formats/x509/index.ts'
import { checkExtensions, extensionsHold } from './check-extensions.ts'
import { describeRule, holds, type IdentityRule, type Policy } from '../policy/policy.ts'
import { failed, notApplicable, passed, undecided, type Finding } from '../verdict/verdict.ts'

export interface IdentityFindings {
  readonly identity: Finding
  readonly issuer: Finding
  readonly claims: Finding
  readonly found?: Identity
}

/**
 * cosign: SAN and OIDC issuer of one rule must both hold, here with the extensions of the same rule. Stricter than
 * cosign in what the certificate may say: one SAN only, and the same issuer in both of its extensions (`readIdentity`).
 */
export function checkIdentity(certificate: Certificate, policy: Policy | undefined): IdentityFindings {
  let found: Identity
  try {
    found = readIdentity(certificate)
  } catch (error) {
    const reason = describeError(error)
    const unclear = undecided('the identity in the certificate is not readable')
    return { identity: failed(reason), issuer: unclear, claims: unclear }
  }
  if (policy === undefined) {
    const unasked = notApplicable('not checked: a public key is expected, not an identity')
    return { identity: unasked, issuer: unasked, claims: unasked, found }
  }
  return { ...compareIdentity(found, policy), found }
}

/** Somebody who signed, against the identity of the policy of which most holds. */
export function compareIdentity(found: Identity, policy: Policy): Omit<IdentityFindings, 'found'> {
  const rule = closestRule(found, policy)
  if (rule === undefined) return nobody(policy)
  return {
    identity: compareSan(rule, found),
    issuer: compareIssuer(rule, found),
    claims: checkExtensions(found, rule.extensions),
  }
}

/** A package name that no rule lists is the failure of the check `policy`. */
function nobody({ refusal }: Policy): Omit<IdentityFindings, 'found'> {
  const finding =
    refusal === undefined
      ? failed('the policy lists no identity that may sign')
      : undecided('not checked: no identity of the policy applies')
  return { identity: finding, issuer: finding, claims: finding }
}

/** The rule of which most holds, the first of several: where both fail, the SAN tells people more than the issuer. */
function closestRule(found: Identity, { anyOf }: Policy): IdentityRule | undefined {
  const score = (rule: IdentityRule): number => {
    const { san, issuer, extensions } = rule
    const isNamed = isOfKind(rule, found) && holds(san, found.san)
    const parts = [isNamed, holds(issuer, found.issuer), extensionsHold(found, extensions)]
    if (!parts.includes(false)) return ALL_HOLD
    return parts.reduce((sum, part, index) => sum + (part ? (WEIGHTS[index] ?? 0) : 0), 0)
  }
  return anyOf.toSorted((a, b) => score(b) - score(a))[0]
}

/** Of SAN, issuer and extensions. */
const WEIGHTS = [4, 2, 1] as const
const ALL_HOLD = 8

/** Whether one of the identities of a policy holds, with all that it asks. */
export function isAllowed(found: Identity, { anyOf, refusal }: Policy): boolean {
  if (refusal !== undefined) return false
  return anyOf.some(
    (rule) =>
      isOfKind(rule, found) &&
      holds(rule.san, found.san) &&
      holds(rule.issuer, found.issuer) &&
      extensionsHold(found, rule.extensions),
  )
}

function isOfKind({ sanKind }: IdentityRule, found: Identity): boolean {
  return sanKind === undefined || sanKind === found.sanKind
}

const KIND_WORDS = { uri: 'a URI', email: 'an e-mail address' } as const

function compareSan(rule: IdentityRule, found: Identity): Finding {
  if (!isOfKind(rule, found))
    return failed(`the identity in the certificate is ${KIND_WORDS[found.sanKind]}`, {
      expected: `${KIND_WORDS[rule.sanKind ?? 'uri']}: ${describeRule(rule.san)}`,
      found: `${KIND_WORDS[found.sanKind]}: ${found.san}`,
    })
  if (holds(rule.san, found.san)) return passed(`the certificate was issued to ${found.san}`)
  return failed('the certificate was issued to a different identity', {
    expected: describeRule(rule.san),
    found: found.san,
  })
}

function compareIssuer({ issuer: rule }: IdentityRule, { issuer: found }: Identity): Finding {
  if (holds(rule, found)) return passed(`the OIDC issuer is ${found}`)
  return failed('the certificate has a different OIDC issuer', { expected: describeRule(rule), found })
}
