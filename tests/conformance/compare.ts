/** For tests only: our verdict beside that of `@sigstore/verify`, over a range of mutations. */
import type { Case } from './cases.ts'
import { EXPLAINED } from './disagreements.ts'
import { judgeOf, mutationOf } from './mutations.ts'

export interface Range {
  readonly seed: string
  readonly from: number
  readonly to: number
}

/** One mutation, and the two refusals: undefined for what was accepted. */
export interface Judged {
  readonly name: string
  readonly of: string
  readonly text: string
  readonly ours: string | undefined
  readonly theirs: string | undefined
}

export interface Comparison {
  bothAccept: number
  bothRefuse: number
  /** By our reason. */
  readonly onlyOursRefuses: Map<string, number>
  /** What must be empty: accepted by us alone, or refused by us alone for a reason that nobody has explained. */
  readonly faults: string[]
  readonly judged: Judged[]
}

export function emptyComparison(): Comparison {
  return { bothAccept: 0, bothRefuse: 0, onlyOursRefuses: new Map(), faults: [], judged: [] }
}

/** Can be called again for the range that follows; the cases are read once. */
export function comparer(cases: readonly Case[]): (range: Range) => Comparison {
  const judges = new Map(cases.map((one) => [one.name, judgeOf(one)]))
  return ({ seed, from, to }) => {
    const result = emptyComparison()
    for (let index = from; index < to; index += 1) {
      const { of, kind, text } = mutationOf(seed, index, cases)
      const judge = judges.get(of)!
      const name = `case ${seed}/${index}, ${of}, ${kind}`
      count(result, { name, of, text, ours: judge.ours(text), theirs: judge.theirs(text) })
    }
    return result
  }
}

function count(result: Comparison, one: Judged): void {
  const { name, ours, theirs } = one
  result.judged.push(one)
  if (ours === undefined && theirs === undefined) result.bothAccept += 1
  else if (ours === undefined) result.faults.push(`${name}: accepted, and refused there: ${theirs}`)
  else if (theirs !== undefined) result.bothRefuse += 1
  else {
    result.onlyOursRefuses.set(ours, (result.onlyOursRefuses.get(ours) ?? 0) + 1)
    if (!Object.hasOwn(EXPLAINED, ours)) result.faults.push(`${name}: refused by us alone: ${ours}`)
  }
}
