import type { Identity } from '../identity/index.ts'

/** In the order in which they are reported; the first that failed gives the reason of a refusal. */
export const CHECK_NAMES = [
  'certificate',
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
  'time',
  'policy',
] as const
export type CheckName = (typeof CHECK_NAMES)[number]

/** Stable codes; docs/reference/errors.md has a row for each. */
export type RefusalCode = `verify.${CheckName}`

export interface Check {
  readonly name: CheckName
  readonly outcome: 'passed' | 'failed' | 'not-applicable'
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
  readonly signedAtSeconds?: number
  readonly logIndex?: number
}

export type Verdict =
  | (Findings & {
      readonly verified: true
      readonly identity: Identity
      readonly signedAtSeconds: number
      readonly logIndex: number
    })
  | (Findings & { readonly verified: false; readonly reason: RefusalCode })

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

/** Something this check needs is missing, which another check has reported. Never counts as passed. */
export function notApplicable(reason: string): Finding {
  return { outcome: 'not-applicable', reason }
}

/** Fails closed: verified only when every check of the list passed and everything that a verdict tells is known. */
export function verdictOf(
  findings: Readonly<Record<CheckName, Finding>>,
  facts: Omit<Findings, 'checks'>,
): Verdict {
  const checks = CHECK_NAMES.map((name) => named(name, findings[name]))
  const { identity, signedAtSeconds, logIndex } = facts
  const open = checks.filter(({ outcome }) => outcome !== 'passed')
  const cause = open.find(({ outcome }) => outcome === 'failed') ?? open[0]
  if (cause !== undefined) return { verified: false, reason: `verify.${cause.name}`, checks, ...facts }
  if (identity === undefined || signedAtSeconds === undefined || logIndex === undefined) {
    throw new Error('all checks passed without an identity and a log entry')
  }
  return { verified: true, checks, identity, signedAtSeconds, logIndex }
}

function named(name: CheckName, finding: Finding): Check {
  return { name, ...finding }
}
