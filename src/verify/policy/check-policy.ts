import type { Policy, Requirement, SealHas } from './policy.ts'
import { failed, passed, type Finding } from '../verdict/verdict.ts'

const WORDS: Readonly<Record<Requirement, string>> = {
  bundle: 'a bundle with an inclusion proof',
  timestamp: 'a timestamp',
  attestation: 'an attestation that names the file',
}

/** Whether a rule lists the name, and whether the seal has what the rule requires. */
export function checkPolicy(policy: Policy | undefined, has: SealHas): Finding {
  const { requires = [], rule, refusal } = policy ?? { anyOf: [] }
  if (refusal !== undefined) return failed(refusal)
  const missing = requires.filter((name) => !has[name])
  if (missing.length === 0) return passed(rule ?? 'only the identity is required')
  const kinds = Object.entries(WORDS).flatMap(([name, words]) => (has[name as Requirement] ? [words] : []))
  return failed(`${rule ?? 'the policy'} requires ${missing.map((name) => WORDS[name]).join(' and ')}`, {
    expected: requires.map((name) => WORDS[name]).join(', '),
    found: kinds.join(', ') || 'signature and certificate only',
  })
}
