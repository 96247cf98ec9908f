import { rangeRoot, splitPoint, type LeafRange, type NodeReader } from './tree.ts'

type Proof = readonly Uint8Array[]

/** PATH(index, D[size]) of RFC 6962 §2.1.1. Throws RangeError unless index < size. */
export async function inclusionProof(
  read: NodeReader,
  { index, size }: { readonly index: number; readonly size: number },
): Promise<Proof> {
  if (!isCount(index) || !isCount(size) || index >= size) {
    throw new RangeError(`there is no leaf ${index} in a tree of ${size}`)
  }
  return Promise.all(pathRanges(index, { begin: 0, end: size }).map((range) => rangeRoot(read, range)))
}

/** PROOF(first, D[second]) of RFC 6962 §2.1.2; empty for equal sizes. Throws RangeError unless 0 < first <= second. */
export async function consistencyProof(
  read: NodeReader,
  { first, second }: { readonly first: number; readonly second: number },
): Promise<Proof> {
  if (!isCount(first) || !isCount(second) || first === 0 || first > second) {
    throw new RangeError(`there is no consistency proof from ${first} to ${second}`)
  }
  return Promise.all(consistencyRanges(first, second).map((range) => rangeRoot(read, range)))
}

/** The siblings on the way from the leaf up to the root of `range`. */
function pathRanges(index: number, { begin, end }: LeafRange): readonly LeafRange[] {
  if (end - begin === 1) return []
  const middle = begin + splitPoint(end - begin)
  const [left, right] = [
    { begin, end: middle },
    { begin: middle, end },
  ]
  return index < middle ? [...pathRanges(index, left), right] : [...pathRanges(index, right), left]
}

/** SUBPROOF of RFC 6962 §2.1.2, from the bottom up. */
function consistencyRanges(first: number, second: number): readonly LeafRange[] {
  const ranges: LeafRange[] = []
  let [begin, end] = [0, second]
  while (end !== first) {
    const middle = begin + splitPoint(end - begin)
    ranges.unshift(first <= middle ? { begin: middle, end } : { begin, end: middle })
    if (first <= middle) end = middle
    else begin = middle
  }
  // The verifier knows the old root itself; only a part of it must be told.
  return begin === 0 ? ranges : [{ begin, end }, ...ranges]
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
