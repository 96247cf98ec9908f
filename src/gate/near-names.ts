/** Shorter names have too many neighbours, and longer ones are not mistyped but copied. */
const MIN_LENGTH = 4
const MAX_LENGTH = 64
const MAX_KNOWN = 2000

export interface NearName {
  readonly name: string
  /** The known one that it differs from in one edit. */
  readonly near: string
}

/**
 * Of names those that are no known name, and differ from one in one edit: a character more, less or another, or two
 * neighbours swapped. In time that grows with the number of names: both sides are compared by what is left of them
 * without one character.
 */
export function nearNames(names: readonly string[], known: readonly string[]): readonly NearName[] {
  const all = new Set(known)
  const index = indexOf(known.filter(isCompared).slice(0, MAX_KNOWN))
  const found: NearName[] = []
  for (const name of names) {
    if (all.has(name) || !isCompared(name)) continue
    const near = nearest(name, index)
    if (near !== undefined) found.push({ name, near })
  }
  return found
}

function isCompared({ length }: string): boolean {
  return length >= MIN_LENGTH && length <= MAX_LENGTH
}

type Index = ReadonlyMap<string, readonly string[]>

function indexOf(known: readonly string[]): Index {
  const index = new Map<string, string[]>()
  for (const name of known)
    for (const key of keysOf(name)) {
      const names = index.get(key)
      if (names === undefined) index.set(key, [name])
      else names.push(name)
    }
  return index
}

/** The name, and the same without each of its characters: two names with one edit between them share one. */
function keysOf(name: string): ReadonlySet<string> {
  const keys = new Set([name])
  for (let at = 0; at < name.length; at += 1) keys.add(name.slice(0, at) + name.slice(at + 1))
  return keys
}

function nearest(name: string, index: Index): string | undefined {
  for (const key of keysOf(name)) {
    const near = index.get(key)?.find((other) => isOneEdit(name, other))
    if (near !== undefined) return near
  }
  return undefined
}

function isOneEdit(one: string, other: string): boolean {
  const start = commonStart(one, other)
  const [rest, otherRest] = [one.slice(start), other.slice(start)]
  const isMore = rest.slice(1) === otherRest
  const isLess = rest === otherRest.slice(1)
  const isOther = rest.slice(1) === otherRest.slice(1)
  const isSwapped = rest.slice(0, 2) === swapped(otherRest) && rest.slice(2) === otherRest.slice(2)
  return isMore || isLess || isOther || isSwapped
}

function commonStart(one: string, other: string): number {
  let at = 0
  while (at < one.length && one[at] === other[at]) at += 1
  return at
}

function swapped(text: string): string {
  return text.slice(1, 2) + text.slice(0, 1)
}
