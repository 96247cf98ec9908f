import type { Decision, Ground } from '../decision.ts'
import type { GateCode } from '../errors.ts'

export type Mode = 'enforce' | 'warn' | 'off'

/** What no mode lets through: bytes are never negotiable, and a private name is never looked up elsewhere. */
const ALWAYS: ReadonlySet<string> = new Set<GateCode>(['gate.digest', 'gate.metadata', 'gate.private'])

export interface Applied {
  readonly decision: Decision
  /** In `warn`, what the decision would have refused it for. */
  readonly wouldRefuse?: Ground
}

/** A decision as a gate in this mode acts on it. What was not judged stays so but for `off`, which judges nothing. */
export function applyMode(decision: Decision, mode: Mode): Applied {
  const { ground, ...others } = decision
  if (mode === 'enforce') return { decision }
  const always = decision.grounds.find(({ code, exemptedBy }) => exemptedBy === undefined && ALWAYS.has(code))
  if (always !== undefined) {
    const { code, fact } = always
    return { decision: { ...others, outcome: 'refused', ground: { code, fact } } }
  }
  if (decision.outcome === 'not judged' && mode === 'warn') return { decision }
  const allowed = { ...others, outcome: 'allowed' } as const
  const isWarned = mode === 'warn' && ground !== undefined
  return { decision: allowed, ...(isWarned ? { wouldRefuse: ground } : {}) }
}
