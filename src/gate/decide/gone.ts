import type { Decision } from '../decision.ts'
import type { JudgedFile, KnownFile } from '../facts.ts'
import { shownText } from '../sentence-text.ts'
import type { Draft, DraftGround, Setting } from './question.ts'
import { dayText } from './times.ts'

/** Whether the rule serves it although the upstream lists it no longer, if nothing else refuses it. */
function isServed({ goneAtMs }: KnownFile, { rule }: Setting): boolean {
  return goneAtMs !== null && rule?.gone === 'serve'
}

/**
 * What was too young, or not settled, when it was taken back never grows old enough: what is taken back soon is mostly
 * malicious.
 */
export function agesToMs(file: KnownFile, setting: Setting): number {
  return isServed(file, setting) ? Math.min(file.goneAtMs ?? Infinity, setting.nowMs) : setting.nowMs
}

/** The upstream lists it no longer; others have it perhaps, and it is not spread to the rest of the release. */
export function addGone(draft: Draft, { file }: JudgedFile, setting: Setting): void {
  if (file.goneAtMs === null) return
  draft.notes.push(`gone upstream since ${dayText(file.goneAtMs)}`)
  if (!isServed(file, setting)) draft.grounds.push(goneGround(file.goneAtMs, setting))
}

/** After all other steps: what the rule does not serve for anything else is as gone as elsewhere. */
export function addGoneAfter(draft: Draft, { file }: JudgedFile, asked: GoneAsked): void {
  const { setting, isRefused } = asked
  if (file.goneAtMs === null || !isServed(file, setting) || !isRefused) return
  draft.grounds.push(goneGround(file.goneAtMs, setting))
}

interface GoneAsked {
  readonly setting: Setting
  /** By some ground that no exemption lifts. */
  readonly isRefused: boolean
}

function goneGround(goneAtMs: number, { facts }: Setting): DraftGround {
  return { code: 'gate.gone', fact: `${shownText(facts.upstream)} took it back on ${dayText(goneAtMs)}` }
}

/** Of a file that is gone: it is served as if it were not. Not for one that an exemption or a mode lets through. */
export function isServedAsBefore({ goneAtMs }: KnownFile, { grounds }: Decision): boolean {
  return goneAtMs !== null && grounds.every(({ code }) => code !== 'gate.gone')
}

/** Why a file that is served as before cannot be: it is asked of no one. */
export function lostFact(upstream: string, { goneAtMs }: KnownFile): string {
  const since = goneAtMs === null ? '' : ` on ${dayText(goneAtMs)}`
  return `${shownText(upstream)} took it back${since}, and this gate has not kept it`
}
