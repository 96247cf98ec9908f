import type { JudgedFile, SealVerdict } from '../facts.ts'
import { comparedSigners, signerOf } from '../pins/signer.ts'
import { shownText } from '../sentence-text.ts'
import { lackingGround, pinsThatCount, strangerGround, takeSeal } from './expected.ts'
import { ruleText, type Draft, type DraftGround, type GoodSeal, type RuledSetting } from './question.ts'
import { addUnlessSettled } from './settle.ts'
import { dayText, SKEW_MS, uploadTimeMs } from './times.ts'

/** What the seals of a file say; of one without seals, see `askUnsigned`. */
export function askSeals(draft: Draft, judged: JudgedFile, setting: RuledSetting): void {
  const { seals } = judged
  if (seals.kind === 'not judged') return waitForVerdict(draft, setting)
  if (seals.kind === 'unreachable') return useKept(draft, seals, setting)
  if (seals.kind !== 'judged') return undefined
  const { holding, early } = byClock(draft, seals.verdicts, setting)
  if (takeSeal(draft, holding, setting)) return undefined
  if (holding.length === 0 && early !== undefined) {
    draft.grounds.push(earlyGround(early))
    return undefined
  }
  const lacking = lackingGround(holding, setting)
  const [stranger] = holding
  if (lacking !== undefined) draft.grounds.push(lacking)
  else if (stranger === undefined) draft.grounds.push(brokenGround(seals.verdicts))
  else refuseStranger(draft, { judged, seal: stranger }, setting)
  return undefined
}

function isGood(verdict: SealVerdict): verdict is GoodSeal {
  return verdict.holds
}

interface ByClock {
  readonly holding: readonly GoodSeal[]
  /** One that was signed later than it is. */
  readonly early: GoodSeal | undefined
}

/** Verification has no clock: a seal of a time that is still to come is none before. */
function byClock(draft: Draft, verdicts: readonly SealVerdict[], { nowMs }: RuledSetting): ByClock {
  const good = verdicts.filter(isGood)
  const isCome = ({ signedAtMs }: GoodSeal): boolean => signedAtMs <= nowMs + SKEW_MS
  const early = good.find((one) => !isCome(one))
  for (const { signedAtMs } of good) draft.timesMs.push(signedAtMs - SKEW_MS)
  return { holding: good.filter(isCome), early }
}

function earlyGround({ signedAtMs }: GoodSeal): DraftGround {
  return { code: 'gate.clock', fact: `was signed on ${dayText(signedAtMs)}, by a clock ahead of this gate's` }
}

/** A new verdict needs a trust root and a clock; one that is kept does not. */
function waitForVerdict(draft: Draft, { state, nowMs }: RuledSetting): void {
  const { trustUntilMs, clockFact } = state
  draft.isOpen = true
  if (trustUntilMs !== null) {
    draft.timesMs.push(trustUntilMs)
    if (nowMs >= trustUntilMs)
      draft.grounds.push({ code: 'gate.trust', fact: `the trust root ended on ${dayText(trustUntilMs)}` })
  }
  if (clockFact !== null) draft.grounds.push({ code: 'gate.clock', fact: shownText(clockFact) })
}

function useKept(
  draft: Draft,
  { fact, kept = [] }: JudgedFile['seals'] & { readonly kind: 'unreachable' },
  setting: RuledSetting,
): void {
  const upstream = shownText(setting.facts.upstream)
  draft.notes.push(`${upstream} did not tell of seals: ${shownText(fact)}`)
  const { holding, early } = byClock(draft, kept, setting)
  if (takeSeal(draft, holding, setting)) return
  if (early !== undefined) draft.grounds.push(earlyGround(early))
  draft.grounds.push({ code: 'gate.upstream', fact: `${upstream} did not answer, and nothing is kept` })
}

function brokenGround(verdicts: readonly SealVerdict[]): DraftGround {
  const broken = verdicts.find((one) => !one.holds)
  if (broken === undefined)
    return { code: 'verify.bundle', fact: 'has no seal that can be read', spreads: 'all' }
  if (broken.code === 'gate.split-view')
    return { code: broken.code, fact: shownText(broken.fact, 160), spreads: 'all' }
  const name = /^verify\.([a-z-]{1,32})$/.exec(broken.code)?.[1] ?? 'bundle'
  return { code: `verify.${name}`, fact: shownText(broken.fact, 160), spreads: 'all' }
}

interface Stranger {
  readonly judged: JudgedFile
  readonly seal: GoodSeal
}

/** Where history says who signs, the world sees a change; where a rule says it, nothing but the rule changes that. */
function refuseStranger(draft: Draft, { judged, seal }: Stranger, setting: RuledSetting): void {
  const [pin] = pinsThatCount(setting)
  if (pin === undefined) {
    draft.grounds.push(strangerGround(seal, setting))
    return
  }
  const { found, expected } = comparedSigners(signerOf(seal.identity), pin)
  const words = `was signed by ${found}, earlier releases by ${expected}`
  const fact = `${words}; approve with 'wheelseal gate approve ${shownText(setting.facts.name)}'`
  const ground = { code: 'gate.changed', fact, spreads: 'all' } as const
  addUnlessSettled(draft, { ground, atMs: uploadTimeMs(judged.file) }, setting)
}

/** A file of an upstream that never tells of seals, where the rule asks for one or earlier releases had one. */
export function blindGround(setting: RuledSetting): DraftGround {
  const fact = `${shownText(setting.facts.upstream)} never tells of seals; set provenance_url or seals`
  return { code: 'gate.blind', fact }
}

export function unsignedGround(setting: RuledSetting): DraftGround {
  return spreading(
    { code: 'gate.unsigned', fact: `has no seal, and ${shownText(ruleText(setting))} asks for one` },
    setting,
  )
}

/** By policy, a release with some unsigned files is refused whole. */
export function spreading(ground: DraftGround, { rule }: RuledSetting): DraftGround {
  return rule.partial === 'refuse' ? { ...ground, spreads: 'sealed' } : ground
}
