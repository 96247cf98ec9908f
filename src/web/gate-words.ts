import type { FileReport, LinkedReport, ReleaseReport, ReleaseState, ReportedOutcome } from '../gate/index.ts'
import { markup, type Markup } from './markup.ts'
import type { Words } from './words.ts'

const OUTCOME_TONES: Readonly<Record<ReportedOutcome, Words['tone']>> = {
  allowed: 'good',
  held: 'wait',
  refused: 'bad',
  'not judged': 'soft',
}

export function outcomeWord(outcome: ReportedOutcome): Markup {
  return markup`<strong class="${OUTCOME_TONES[outcome]}">${outcome}</strong>`
}

/** `demo 2.0`, or the name alone. */
export function releaseName({ name, version }: ReleaseReport): string {
  return version === '' ? name : `${name} ${version}`
}

/** In a mode that only looks on, what the gate would do. */
export function verbOf(outcome: ReportedOutcome, mode: ReleaseReport['mode']): string {
  if (outcome === 'not judged') return 'is not judged yet'
  return outcome === 'allowed' || mode === 'enforce' ? `is ${outcome}` : `would be ${outcome}`
}

const ORDER: readonly ReportedOutcome[] = ['refused', 'held', 'not judged', 'allowed']

export function worstFirst(files: readonly FileReport[]): readonly FileReport[] {
  return files.toSorted((one, other) => ORDER.indexOf(one.outcome) - ORDER.indexOf(other.outcome))
}

/** The file that somebody asked for, else the first that decides. */
export function decisiveFile(report: ReleaseReport | LinkedReport): FileReport | undefined {
  const { files, outcome } = report
  const asked = 'refusal' in report ? report.refusal.fileName : undefined
  return (
    files.find(({ fileName }) => fileName === asked) ??
    files.find((one) => one.outcome === outcome) ??
    files[0]
  )
}

export const STATE_WORDS: Readonly<Record<ReleaseState, string>> = {
  'no-provenance': 'no file of the release has a seal',
  'full-provenance': 'every file of the release has a seal that holds',
  'partial-provenance': 'some files of the release have a seal that holds',
  inconsistent: 'files of the release were signed by different sources',
  lost: 'earlier releases have seals, and this one has none',
  changed: 'another source signed than of earlier releases',
  held: 'younger than the cooldown of the policy',
  late: 'a file joined long after the others',
  gone: 'the upstream took a file back',
  quarantined: 'the upstream has put the package in quarantine',
  exempt: 'an exemption of the policy counts for it',
  pinned: 'signed by who is pinned',
}

/** `2026-11-27 09:58 UTC`. */
export function minuteOf(time: string): Markup {
  return markup`<time datetime="${time}">${time.slice(0, 16).replace('T', ' ')} UTC</time>`
}

export function dayOf(time: string): Markup {
  return markup`<time datetime="${time}">${time.slice(0, 10)}</time>`
}
