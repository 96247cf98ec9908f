import type { JudgedFile, ReleaseFacts } from '../facts.ts'
import { shownText } from '../sentence-text.ts'
import { blindGround, spreading, unsignedGround } from './ask-seals.ts'
import { isSealed, releaseLine, sealedBefore, type SealedRelease } from './history.ts'
import { ruleText, type Draft, type DraftGround, type RuledSetting } from './question.ts'
import { addUnlessSettled } from './settle.ts'
import { dayText, minuteText, partOf, uploadTimeMs } from './times.ts'

/** The release that a file without seals is in. */
export interface Beside {
  readonly release: ReleaseFacts
  /** Another file of it has a seal, whatever it is worth. */
  readonly hasSeal: boolean
}

/** What is asked of a file that has no seal. */
export function askUnsigned(
  draft: Draft,
  judged: JudgedFile,
  { beside, setting }: { readonly beside: Beside; readonly setting: RuledSetting },
): void {
  const { rule } = setting
  if (rule.unsigned === 'refuse') {
    draft.grounds.push(judged.seals.kind === 'blind' ? blindGround(setting) : unsignedGround(setting))
    return
  }
  const ground = historyGround(draft, judged, { beside, setting })
  if (ground !== undefined) addUnlessSettled(draft, { ground, atMs: uploadTimeMs(judged.file) }, setting)
}

/** Undefined where nothing that is sealed came before or stands beside it. */
function historyGround(
  draft: Draft,
  judged: JudgedFile,
  { beside, setting }: { readonly beside: Beside; readonly setting: RuledSetting },
): DraftGround | undefined {
  const { rule, history } = setting
  const { versionKey } = beside.release
  const atMs = uploadTimeMs(judged.file)
  const since = rule.unsigned === 'allow' ? undefined : sealedBefore(history, { versionKey, atMs })
  if (since !== undefined && judged.seals.kind === 'blind') return blindGround(setting)
  if (since !== undefined)
    return downgradeGround(draft, { since, atMs, line: releaseLine(versionKey) }, setting)
  if (!beside.hasSeal || rule.partial === 'allow') return undefined
  const fact = `has no seal, but other files of the release have, and ${shownText(ruleText(setting))} asks for all`
  return spreading({ code: 'gate.unsigned', fact }, setting)
}

interface Downgrade {
  readonly since: SealedRelease
  readonly atMs: number
  readonly line: string
}

function downgradeGround(draft: Draft, { since, atMs, line }: Downgrade, setting: RuledSetting): DraftGround {
  const { history, rule, nowMs } = setting
  const secondMs = history.handMadeMs.get(line)
  const knownMs = secondMs === undefined ? Infinity : secondMs + rule.settleMs
  draft.timesMs.push(knownMs)
  if (rule.settleMs > 0 && nowMs >= knownMs) {
    const waits = heldFact({ atMs, forMs: rule.settleMs, nowMs })
    return {
      code: 'gate.held',
      fact: `${waits}: releases of ${shownText(line)} are known to be made by hand`,
    }
  }
  const fact = `has no seal, but releases since ${shownText(since.version)} (${dayText(since.atMs)}) have`
  return spreading({ code: 'gate.downgrade', fact }, setting)
}

/** `is 2 of 7 days old, served from DATE on`. */
export function heldFact(age: {
  readonly atMs: number
  readonly forMs: number
  readonly nowMs: number
}): string {
  const { atMs, forMs, nowMs } = age
  return `is ${partOf(nowMs - atMs, forMs)} old, served from ${minuteText(atMs + forMs)} on`
}

/** No seal, for all that is known; a list of none is none. */
export function isUnsigned({ seals }: JudgedFile): boolean {
  if (seals.kind === 'judged') return seals.verdicts.length === 0
  return seals.kind === 'unsigned' || seals.kind === 'blind'
}

export function besideOf(release: ReleaseFacts): Beside {
  const hasSeal = release.files.some((judged) => judged.file.goneAtMs === null && isSealed(judged))
  return { release, hasSeal }
}
