import type { JudgedFile } from '../facts.ts'
import { shownText } from '../sentence-text.ts'
import { heldFact, isUnsigned } from './ask-unsigned.ts'
import { expectedSigner } from './expected.ts'
import { asksForSeals, type Draft, type DraftGround, type RuledSetting, type Setting } from './question.ts'
import { addUnlessSettled } from './settle.ts'
import { spanText, uploadTimeMs } from './times.ts'

/**
 * A file that joins its release late must be by the signer who is expected. Where history decides, it is taken as seen
 * by the world later, as other changes are.
 */
export function askLate(
  draft: Draft,
  judged: JudgedFile,
  { firstMs, setting }: { readonly firstMs: number; readonly setting: RuledSetting },
): void {
  const { rule } = setting
  const atMs = uploadTimeMs(judged.file)
  const lateByMs = atMs - firstMs
  const isLate = rule.lateMs > 0 && lateByMs > rule.lateMs
  if (!isLate || draft.isExpected || !asksForSeals(rule) || !isKnown(judged)) return
  const fact = lateFact(judged, { lateByMs, setting })
  const isByHistory = rule.unsigned === 'never-sealed' || (rule.learns && rule.policy.anyOf.length === 0)
  if (isByHistory) addUnlessSettled(draft, { ground: { code: 'gate.late', fact }, atMs }, setting)
  else draft.grounds.push({ code: 'gate.late', fact })
}

function lateFact(
  { file }: JudgedFile,
  { lateByMs, setting }: { readonly lateByMs: number; readonly setting: RuledSetting },
): string {
  const signer = expectedSigner(setting)
  const why = signer === undefined ? 'no signer of the package is known' : `${signer} did not sign it`
  return `joined ${shownText(file.version)} after ${spanText(lateByMs)}, and ${why}`
}

function isKnown(judged: JudgedFile): boolean {
  return judged.seals.kind === 'judged' || isUnsigned(judged)
}

export function askAge(draft: Draft, { file }: JudgedFile, { rule }: RuledSetting): void {
  const atMs = uploadTimeMs(file)
  const untilMs = atMs + rule.cooldownMs
  if (rule.cooldownMs <= 0) return
  draft.timesMs.push(untilMs)
  const { agesToMs: nowMs } = draft
  if (nowMs < untilMs)
    draft.grounds.push({ code: 'gate.held', fact: heldFact({ atMs, forMs: rule.cooldownMs, nowMs }) })
}

/** What is wrong with the metadata of a file. */
export const METADATA_FACTS = {
  wheel: 'its metadata is not that of the wheel',
  sdist: 'is an sdist of another name or version',
} as const

/** What no exemption lifts: the bytes, or what was said of them. */
export function byteGrounds({ file, mismatch }: JudgedFile, { facts }: Setting): readonly DraftGround[] {
  const upstream = shownText(facts.upstream)
  const grounds: DraftGround[] = []
  if (mismatch?.kind === 'metadata')
    grounds.push({ code: 'gate.metadata', fact: METADATA_FACTS[file.kind], spreads: 'all' })
  if (mismatch?.kind === 'digest')
    grounds.push({
      code: 'gate.digest',
      fact: `${upstream} sent other bytes than its page says`,
      spreads: 'all',
    })
  if (file.changedSha256 !== null)
    grounds.push({
      code: 'gate.digest',
      fact: `${upstream} lists another digest than before`,
      spreads: 'all',
    })
  if (file.sha256 === null)
    grounds.push({ code: 'gate.digest', fact: `the page of ${upstream} gives no sha256` })
  return grounds
}
