import type { Facts } from './facts.ts'

/** In the order of causes: what one check finds may explain what a later one finds, never the other way round. */
export const CHECK_NAMES = [
  'runtime',
  'python',
  'cosign',
  'executors',
  'data',
  'settings',
  'variables',
  'proxies',
  'authorities',
  'clock',
  'services',
  'trust root',
  'keys',
  'log',
  'token',
  'identity',
  'signing',
  'package',
  'registry',
  'release',
  'seals',
  'gate',
] as const
export type CheckName = (typeof CHECK_NAMES)[number]

/** `skipped`: there is nothing to look at here. */
export type Outcome = 'ok' | 'warning' | 'failed' | 'skipped'

export interface Finding {
  readonly outcome: Outcome
  /** What was seen: one sentence, lower case, without a stop. Never a secret. */
  readonly fact: string
  /** Why it is so, or what follows from it. */
  readonly reason?: string
  /** The command or the change that comes next; of all that is not ok. */
  readonly next?: string
  /** What else was seen, a line each. */
  readonly details?: readonly string[]
}

export interface Check {
  readonly name: CheckName
  /** Checks whose failure may be the reason why this one fails. */
  readonly effectOf: readonly CheckName[]
  /** At least one finding. May throw: that is a failure, with the error's fact and hint. */
  readonly look: (facts: Facts) => Promise<readonly Finding[]>
}

export function ok(fact: string, details: readonly string[] = []): Finding {
  return { outcome: 'ok', fact, ...(details.length === 0 ? {} : { details }) }
}

export function skipped(fact: string, next?: string): Finding {
  return { outcome: 'skipped', fact, ...(next === undefined ? {} : { next }) }
}

export type Problem = Required<Pick<Finding, 'fact' | 'next'>> & Pick<Finding, 'reason' | 'details'>

export function warning(problem: Problem): Finding {
  return { outcome: 'warning', ...problem }
}

export function failed(problem: Problem): Finding {
  return { outcome: 'failed', ...problem }
}
