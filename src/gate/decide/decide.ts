import type { Exemption } from '../../verify/index.ts'
import type { Decision } from '../decision.ts'
import type { JudgedFile, ReleaseFacts } from '../facts.ts'
import { shownText } from '../sentence-text.ts'
import { askSeals } from './ask-seals.ts'
import { askUnsigned, besideOf, isUnsigned } from './ask-unsigned.ts'
import { exemptionsFor, liftedBy } from './exempt.ts'
import { firstTimeMs, isSealed, readHistory } from './history.ts'
import { addGone, addGoneAfter, agesToMs } from './gone.ts'
import { nameGrounds, type NameGrounds } from './name-grounds.ts'
import { askAge, askLate, byteGrounds } from './own-grounds.ts'
import {
  asksForSeals,
  newDraft,
  ruleText,
  type Draft,
  type DraftGround,
  type NameDecision,
  type NameQuestion,
  type ReleaseDecision,
  type ReleaseQuestion,
  type RuledSetting,
  type Setting,
} from './question.ts'

/**
 * Whether each file of a release is served. Pure: with the same question the same answer, which stays until the `untilMs`
 * of each decision. An unknown version has no files.
 */
export function decideRelease(question: ReleaseQuestion): ReleaseDecision {
  const setting = { ...question, history: question.history ?? readHistory(question.facts) }
  const release = question.facts.releases.find(({ versionKey }) => versionKey === question.versionKey)
  return release === undefined ? new Map() : decideFiles(release, nameGrounds(setting), setting)
}

/** The same for all releases of a name at once, in time that grows with the number of files. */
export function decideName(question: NameQuestion): NameDecision {
  const setting = { ...question, history: question.history ?? readHistory(question.facts) }
  const ofName = nameGrounds(setting)
  const releases = new Map(
    setting.facts.releases.map((one) => [one.versionKey, decideFiles(one, ofName, setting)] as const),
  )
  const [ground] = ofName.grounds
  const times = [...releases.values()].flatMap((files) => [...files.values()].map(({ untilMs }) => untilMs))
  const untilMs = soonest([...times.filter((one) => one !== undefined), ...ofName.timesMs], setting.nowMs)
  return {
    ...(ground === undefined ? {} : { ground: { code: ground.code, fact: ground.fact } }),
    releases,
    ...(untilMs === undefined ? {} : { untilMs }),
  }
}

interface OpenFile {
  readonly judged: JudgedFile
  readonly draft: Draft
  readonly exemptions: readonly Exemption[]
}

/** The steps in their order; what one file is refused for may refuse the others of its release. */
function decideFiles(release: ReleaseFacts, ofName: NameGrounds, setting: Setting): ReleaseDecision {
  const open = release.files.map((judged) => ({
    judged,
    draft: startDraft(judged, ofName, setting),
    exemptions: exemptionsFor(judged.file, setting),
  }))
  const { rule } = setting
  const ruled = rule === undefined || rule.policy.refusal !== undefined ? undefined : { ...setting, rule }
  if (ruled !== undefined && asksForSeals(ruled.rule)) askAllSeals(open, release, ruled)
  const spread = spreadGrounds(open, setting)
  const firstMs = firstTimeMs(release.files)
  for (const one of open) {
    addReleaseGround(one, spread)
    if (ruled === undefined) continue
    askLate(one.draft, one.judged, { firstMs, setting: ruled })
    askAge(one.draft, one.judged, ruled)
  }
  return new Map(open.map((one) => [one.judged.file.fileName, decisionOf(one, setting)] as const))
}

function startDraft(judged: JudgedFile, { grounds, timesMs }: NameGrounds, setting: Setting): Draft {
  const draft = newDraft(agesToMs(judged.file, setting))
  draft.grounds.push(...grounds)
  draft.timesMs.push(...timesMs)
  addGone(draft, judged, setting)
  return draft
}

function askAllSeals(open: readonly OpenFile[], release: ReleaseFacts, setting: RuledSetting): void {
  const beside = besideOf(release)
  for (const { judged, draft } of open)
    if (isUnsigned(judged)) askUnsigned(draft, judged, { beside, setting })
    else askSeals(draft, judged, setting)
}

interface SpreadGround {
  readonly from: JudgedFile
  readonly ground: DraftGround
}

interface Spread {
  readonly grounds: readonly SpreadGround[]
  /** When there may be others. */
  readonly timesMs: readonly number[]
}

/** A file that is gone refuses no other: what was taken back is what the release is without. */
function spreadGrounds(open: readonly OpenFile[], setting: Setting): Spread {
  const grounds: SpreadGround[] = []
  const timesMs: number[] = []
  for (const { judged, draft, exemptions } of open) {
    if (judged.file.goneAtMs !== null) continue
    timesMs.push(...draft.timesMs, ...exemptions.map(({ untilMs }) => untilMs))
    for (const ground of [...draft.grounds, ...byteGrounds(judged, setting)])
      if (ground.spreads !== undefined && liftedBy(ground, exemptions) === undefined)
        grounds.push({ from: judged, ground })
  }
  return { grounds: atMostTwo(grounds), timesMs: [soonest(timesMs, setting.nowMs) ?? Infinity] }
}

/** Of each kind of spreading, from two files: enough for every file to find one that is not its own. */
function atMostTwo(grounds: readonly SpreadGround[]): readonly SpreadGround[] {
  return (['all', 'sealed'] as const).flatMap((kind) => {
    const own = grounds.filter(({ ground }) => ground.spreads === kind)
    const second = own.find(({ from }) => from !== own[0]?.from)
    return [own[0], second].filter((one) => one !== undefined)
  })
}

function addReleaseGround({ judged, draft }: OpenFile, { grounds, timesMs }: Spread): void {
  draft.timesMs.push(...timesMs)
  const other = grounds.find(
    ({ from, ground }) => from !== judged && (ground.spreads === 'all' || isSealed(judged)),
  )
  if (other === undefined) return
  const where = `${shownText(other.from.file.fileName)} [${other.ground.code}]`
  draft.grounds.push({ code: 'gate.release', fact: `another file of the release is refused: ${where}` })
}

function decisionOf({ judged, draft, exemptions }: OpenFile, setting: Setting): Decision {
  const isRefused = [...draft.grounds, ...byteGrounds(judged, setting)].some(
    (ground) => liftedBy(ground, exemptions) === undefined,
  )
  addGoneAfter(draft, judged, { setting, isRefused })
  const grounds: Decision['grounds'][number][] = []
  const timesMs = [...draft.timesMs]
  for (const { code, fact } of [...draft.grounds, ...byteGrounds(judged, setting)]) {
    const exemption = liftedBy({ code, fact }, exemptions)
    grounds.push({ code, fact, ...(exemption === undefined ? {} : { exemptedBy: exemption.where }) })
    if (exemption !== undefined) timesMs.push(exemption.untilMs)
  }
  const untilMs = soonest(timesMs, setting.nowMs)
  return {
    ...outcomeOf(grounds, draft),
    grounds,
    rule: ruleText(setting),
    notes: draft.notes,
    ...(draft.seal === undefined ? {} : { seal: draft.seal }),
    ...(untilMs === undefined ? {} : { untilMs }),
  }
}

/** Waiting is the answer only where nothing else refuses; what was not judged is left open only where nothing refuses. */
function outcomeOf(grounds: Decision['grounds'], draft: Draft): Pick<Decision, 'outcome' | 'ground'> {
  const refusing = grounds.filter(({ exemptedBy }) => exemptedBy === undefined)
  const first = refusing.find(({ code }) => code !== 'gate.held') ?? refusing[0]
  if (first === undefined) return { outcome: draft.isOpen ? 'not judged' : 'allowed' }
  const outcome = first.code === 'gate.held' ? 'held' : 'refused'
  return { outcome, ground: { code: first.code, fact: first.fact } }
}

/** The first time that is still to come; undefined for none. */
function soonest(timesMs: readonly number[], nowMs: number): number | undefined {
  const first = timesMs.reduce((least, one) => (one > nowMs ? Math.min(least, one) : least), Infinity)
  return first === Infinity ? undefined : first
}
