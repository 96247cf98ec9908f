import type { JudgedFile, NameFacts, ReleaseFacts, SealVerdict } from '../facts.ts'
import { uploadTimeMs } from './times.ts'

/** What all releases of a name show together, whatever the time is. Computed once for the facts, in linear time. */
export interface History {
  /** The earliest sealed release, and the earliest but that. */
  readonly firstSealed: readonly SealedRelease[]
  /**
   * Lines of releases with at least two unsealed ones between sealed ones of other lines, as those who make them by hand
   * have; with the time of the second.
   */
  readonly handMadeMs: ReadonlyMap<string, number>
}

export interface SealedRelease {
  readonly versionKey: string
  readonly version: string
  readonly atMs: number
}

interface Seen extends SealedRelease {
  readonly line: string
  readonly hasSeal: boolean
}

export function readHistory({ releases }: NameFacts): History {
  const seen = releases.flatMap((release) => seenRelease(release) ?? [])
  const sealed = seen.filter(({ hasSeal }) => hasSeal)
  return { firstSealed: earliest(sealed, ({ versionKey }) => versionKey), handMadeMs: handMade(seen, sealed) }
}

/**
 * A listed provenance counts until it was judged: an unsealed release after it is refused at once, not only when somebody
 * has looked at the earlier one. A seal that does not hold is none.
 */
export function isSealed({ file, seals }: JudgedFile): boolean {
  if (seals.kind === 'judged') return seals.verdicts.some(isHolding)
  const mayHave = seals.kind === 'unreachable' || seals.kind === 'not judged'
  const isKept = seals.kind === 'unreachable' && (seals.kept ?? []).some(isHolding)
  return isKept || (mayHave && file.provenance.kind === 'at')
}

function isHolding({ holds }: SealVerdict): boolean {
  return holds
}

/** `1.4` for 1.4.2, `0.30` for 0.30.4, `2!1.0` for 2!1: releases that people keep up beside each other. */
export function releaseLine(versionKey: string): string {
  const [, epoch = '', major = '0', minor = '0'] = /^([0-9]+!)?([0-9]+)(?:\.([0-9]+))?/.exec(versionKey) ?? []
  return `${epoch}${major}.${minor}`
}

/** The earliest sealed release of another version that came before this time. */
export function sealedBefore(
  { firstSealed }: History,
  { versionKey, atMs }: Pick<SealedRelease, 'versionKey' | 'atMs'>,
): SealedRelease | undefined {
  return firstSealed.find((one) => one.versionKey !== versionKey && one.atMs < atMs)
}

/** A sealed release came when the first of its sealed files came: what is older in it is no sign of a sealed one. */
function seenRelease({ version, versionKey, files }: ReleaseFacts): Seen | undefined {
  const sealed = files.filter(isSealed)
  const counted = sealed.length > 0 ? sealed : files
  if (counted.length === 0) return undefined
  const line = releaseLine(versionKey)
  return { version, versionKey, line, atMs: firstTimeMs(counted), hasSeal: sealed.length > 0 }
}

/** Infinity for none. */
export function firstTimeMs(files: readonly JudgedFile[]): number {
  return files.reduce((first, { file }) => Math.min(first, uploadTimeMs(file)), Infinity)
}

/** The earliest, and the earliest with another key. */
function earliest<One extends SealedRelease>(all: readonly One[], key: (one: One) => string): readonly One[] {
  let [first, second]: (One | undefined)[] = []
  for (const one of all) {
    if (first === undefined || one.atMs < first.atMs) {
      if (first !== undefined && key(first) !== key(one)) second = first
      first = one
    } else if (key(one) !== key(first) && (second === undefined || one.atMs < second.atMs)) second = one
  }
  return [first, second].filter((one) => one !== undefined)
}

function handMade(seen: readonly Seen[], sealed: readonly Seen[]): ReadonlyMap<string, number> {
  const byLine = ({ line }: Seen) => line
  const firsts = earliest(sealed, byLine)
  const lasts = earliest(
    sealed.map((one) => ({ ...one, atMs: -one.atMs })),
    byLine,
  )
  const times = new Map<string, number[]>()
  for (const { line, atMs, hasSeal } of seen) {
    if (hasSeal) continue
    const isAfter = firsts.some((one) => one.line !== line && one.atMs < atMs)
    const isBefore = lasts.some((one) => one.line !== line && -one.atMs > atMs)
    if (isAfter && isBefore)
      times.set(line, [...(times.get(line) ?? []), atMs].toSorted(byNumber).slice(0, 2))
  }
  return new Map(
    [...times].flatMap(([line, [, second]]) => (second === undefined ? [] : [[line, second] as const])),
  )
}

function byNumber(a: number, b: number): number {
  return a - b
}
