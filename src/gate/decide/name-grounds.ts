import type { Setting, DraftGround } from './question.ts'
import { overLimit } from './times.ts'
import { shownText } from '../sentence-text.ts'

/** What refuses every file of a name. */
export interface NameGrounds {
  readonly grounds: readonly DraftGround[]
  readonly timesMs: readonly number[]
}

export function nameGrounds(setting: Setting): NameGrounds {
  const { facts, rule, state, nowMs } = setting
  const upstream = shownText(facts.upstream)
  const staleAtMs = facts.freshAtMs + state.staleForMs
  const grounds: DraftGround[] = []
  if (rule === undefined || rule.policy.refusal !== undefined)
    grounds.push({ code: 'gate.unlisted', fact: `no rule of ${shownText(setting.policyName)} lists it` })
  if (facts.isPrivate && facts.releases.length === 0)
    grounds.push({
      code: 'gate.private',
      fact: `is a private name, and ${upstream} has no such package`,
    })
  if (facts.status === 'quarantined')
    grounds.push({
      code: 'gate.quarantined',
      fact: `${upstream} took it back: the package is in quarantine`,
    })
  if (nowMs >= staleAtMs)
    grounds.push({
      code: 'gate.stale',
      fact: `${upstream} was last seen ${overLimit(nowMs - facts.freshAtMs, state.staleForMs)}`,
    })
  return { grounds, timesMs: [staleAtMs] }
}
