import { isoTimeMs } from '../../base/index.ts'
import type { KnownFile } from '../facts.ts'

const MINUTE_MS = 60_000
/** Clocks of machines differ by this much. */
export const SKEW_MS = 5 * MINUTE_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/**
 * When a file came into the world: the word of its upstream, else when this gate saw it first. A time that is still to
 * come makes the file no older than new, so that it can only lengthen a wait.
 */
export function uploadTimeMs({ uploadedAtMs, firstSeenAtMs }: KnownFile): number {
  return uploadedAtMs ?? firstSeenAtMs
}

/** Years 1970 to 9999: what an upstream says may be any number. */
const LAST_MS = 253_402_300_799_999

/** `2026-11-28`. */
export function dayText(ms: number): string {
  return isDate(ms) ? isoTimeMs(ms).slice(0, 10) : `${ms} ms since 1970`
}

/** The next full minute, which texts for people name. */
export function fullMinuteMs(ms: number): number {
  return Math.ceil(ms / MINUTE_MS) * MINUTE_MS
}

/** `2026-11-28 14:05 UTC`, the next full minute: from then on it is true. */
export function minuteText(ms: number): string {
  const full = fullMinuteMs(ms)
  return isDate(full) ? `${isoTimeMs(full).slice(0, 16).replace('T', ' ')} UTC` : `${ms} ms since 1970`
}

/** ISO 8601 for programs; a time that no calendar has is the last one. */
export function isoText(ms: number): string {
  return isoTimeMs(Math.min(Math.max(ms, 0), LAST_MS))
}

function isDate(ms: number): boolean {
  return ms >= 0 && ms <= LAST_MS
}

const UNITS = [
  ['day', DAY_MS],
  ['hour', HOUR_MS],
  ['minute', MINUTE_MS],
] as const

/** `2 of 7 days`, in the largest unit in which the limit is whole. */
export function partOf(ms: number, limitMs: number): string {
  const [unit, unitMs] = UNITS.find(([, one]) => limitMs % one === 0) ?? UNITS[2]
  const limit = Math.ceil(limitMs / unitMs)
  return `${Math.floor(Math.max(ms, 0) / unitMs)} of ${counted(limit, unit)}`
}

/** `8 days ago, the limit is 7`, in the largest unit in which the limit is whole. */
export function overLimit(ms: number, limitMs: number): string {
  const [unit, unitMs] = UNITS.find(([, one]) => limitMs % one === 0) ?? UNITS[2]
  return `${counted(Math.ceil(ms / unitMs), unit)} ago, the limit is ${Math.floor(limitMs / unitMs)}`
}

/** `400 days`, in the largest unit that gives at least one. */
export function spanText(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, one]) => ms >= one) ?? UNITS[2]
  return counted(Math.floor(ms / unitMs), unit)
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
