/** For tests only: our verdict beside that of `@sigstore/verify`, over a range of mutations. */
import type { Case } from './cases.ts'
import { EXPLAINED } from './disagreements.ts'
import { judgeOf, mutationOf, type Judge } from './mutations.ts'

export interface Range {
  readonly seed: string
  readonly from: number
  readonly to: number
}

export interface Comparison {
  bothAccept: number
  bothRefuse: number
  /** By our reason. */
  readonly onlyOursRefuses: Map<string, number>
  /** What must be empty: accepted by us alone, or refused by us alone for a reason that nobody has explained. */
  readonly faults: string[]
}

/** Can be called again for the range that follows; the cases are read once. */
export function comparer(cases: readonly Case[]): (range: Range) => Comparison {
  const judges = new Map(cases.map((one) => [one.name, judgeOf(one)]))
  return ({ seed, from, to }) => {
    const result: Comparison = { bothAccept: 0, bothRefuse: 0, onlyOursRefuses: new Map(), faults: [] }
    for (let index = from; index < to; index += 1) {
      const { of, kind, text } = mutationOf(seed, index, cases)
      count(result, judges.get(of)!, { text, name: `case ${seed}/${index}, ${of}, ${kind}` })
    }
    return result
  }
}

function count(result: Comparison, judge: Judge, { text, name }: { text: string; name: string }): void {
  const ours = judge.ours(text)
  const theirs = judge.theirs(text)
  if (ours === undefined && theirs === undefined) result.bothAccept += 1
  else if (ours === undefined) result.faults.push(`${name}: accepted, and refused there: ${theirs}`)
  else if (theirs !== undefined) result.bothRefuse += 1
  else {
    result.onlyOursRefuses.set(ours, (result.onlyOursRefuses.get(ours) ?? 0) + 1)
    if (!Object.hasOwn(EXPLAINED, ours)) result.faults.push(`${name}: refused by us alone: ${ours}`)
  }
}
