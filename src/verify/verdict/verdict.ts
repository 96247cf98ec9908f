import type { Identity } from '../../identity/index.ts'
import type { LogCheckpoint } from '../log/log-checkpoint.ts'
import type { SealHas } from '../policy/policy.ts'

/** In the order in which they are reported; the first that failed gives the reason of a refusal. */
export const CHECK_NAMES = [
  'bundle',
  'certificate',
  'key',
  'code-signing',
  'chain',
  'sct',
  'identity',
  'issuer',
  'claims',
  'signature',
  'logged',
  'entry',
  'inclusion',
  'checkpoint',
  'set',
  'timestamp',
  'time',
  'attestation',
  'policy',
] as const
export type CheckName = (typeof CHECK_NAMES)[number]

/** Stable codes; docs/reference/errors.md has a row for each. */
export type RefusalCode = `verify.${CheckName}`

/**
 * `undecided`: something that the check needs is missing or broken, so that it refuses. `not-applicable`: seals of this
 * kind have no such thing, and something else stands in for it.
 */
export type Outcome = 'passed' | 'failed' | 'undecided' | 'not-applicable'

export interface Check {
  readonly name: CheckName
  readonly outcome: Outcome
  /** One sentence, lower case, without a stop. */
  readonly reason: string
  readonly expected?: string
  readonly found?: string
}

interface Findings {
  /** Every check, once, in the order of `CHECK_NAMES`. */
  readonly checks: readonly Check[]
  /** What the certificate says of who signed. To be believed only when verified. */
  readonly identity?: Identity
  /** Lower-case hex of SHA-256 over the managed key that was named, where one was. */
  readonly keySha256?: string
  readonly signedAtSeconds?: number
  readonly logIndex?: number
  /** That were verified: two of one log and size with different roots show a log that lies. Left out where there are none. */
  readonly checkpoints?: readonly LogCheckpoint[]
  /** Of what a policy may require. Left out where the seal could not be read. */
  readonly has?: SealHas
}

interface Verified extends Findings {
  readonly verified: true
  /** Left out where a managed key signed, which has a fingerprint and no name. */
  readonly identity?: Identity
  /** The earliest of all times that were proved. */
  readonly signedAtSeconds: number
  readonly logIndex: number
}

export type Verdict = Verified | (Findings & { readonly verified: false; readonly reason: RefusalCode })

/** A check before it knows its name. */
export type Finding = Omit<Check, 'name'>

export function passed(reason: string): Finding {
  return { outcome: 'passed', reason }
}

export function failed(
  reason: string,
  compared: { readonly expected?: string; readonly found?: string } = {},
): Finding {
  return { outcome: 'failed', reason, ...compared }
}

export function undecided(reason: string): Finding {
  return { outcome: 'undecided', reason }
}

export function notApplicable(reason: string): Finding {
  return { outcome: 'not-applicable', reason }
}

/** Whether a seal with it may still be verified. */
export function isGood({ outcome }: Finding): boolean {
  return outcome === 'passed' || outcome === 'not-applicable'
}

/** Fails closed: verified only when every check passed or does not apply, and everything that a verdict tells is known. */
export function verdictOf(
  findings: Readonly<Record<CheckName, Finding>>,
  facts: Omit<Findings, 'checks'>,
): Verdict {
  const checks = CHECK_NAMES.map((name) => ({ name, ...findings[name] }))
  const { identity, keySha256, signedAtSeconds, logIndex } = facts
  const bad = CHECK_NAMES.filter((name) => !isGood(findings[name]))
  const cause = bad.find((name) => findings[name].outcome === 'failed') ?? bad[0]
  if (cause !== undefined) return { verified: false, reason: `verify.${cause}`, checks, ...facts }
  const isSigned = (identity !== undefined) !== (keySha256 !== undefined)
  if (!isSigned || signedAtSeconds === undefined || logIndex === undefined) {
    throw new Error('all checks passed without exactly one signer, a time and a log entry')
  }
  return { ...facts, verified: true, checks, signedAtSeconds, logIndex }
}
