/** A header of a table, `[a.b]` or `[[a.b]]`, and the text up to the next header. */
export interface TableHeader {
  readonly path: readonly string[]
  readonly isArray: boolean
  /** From 1. */
  readonly line: number
  /** Offset of its line. */
  readonly start: number
  /** Offset of the line of the next header, or of the end of the text. */
  readonly end: number
}

const PART = /[A-Za-z0-9_-]+|"[^"\\]*"|'[^']*'/g
const MAX_HEADER_LENGTH = 500

/**
 * The headers of a text that is known to be TOML, in order; the parser tells no places. Linear, also for what an enemy
 * wrote. A header whose keys have escapes, or which is longer than 500 characters, has an empty path.
 */
export function tableHeaders(toml: string): readonly TableHeader[] {
  const found: (TableHeader & { end: number })[] = []
  let [at, line] = [0, 1]
  while (at < toml.length) {
    const start = at
    const isHeader = toml[pastBlanks(toml, at)] === '['
    at = isHeader ? pastLine(toml, at) : pastStatement(toml, at)
    if (isHeader) {
      const last = found.at(-1)
      if (last !== undefined) last.end = start
      found.push({ ...readHeader(toml.slice(start, at).trim()), line, start, end: toml.length })
    }
    line += lineEnds(toml, start, at)
  }
  return found
}

function readHeader(text: string): Pick<TableHeader, 'path' | 'isArray'> {
  const isArray = text.startsWith('[[')
  if (text.length > MAX_HEADER_LENGTH || text.includes('\\')) return { path: [], isArray }
  const inside = /^\[{1,2}((?:[^\]"'#]|"[^"]*"|'[^']*')*)\]/.exec(text)?.[1] ?? ''
  const path = (inside.match(PART) ?? []).map((part) => (/^["']/.test(part) ? part.slice(1, -1) : part))
  return { path, isArray }
}

function pastBlanks(text: string, from: number): number {
  let at = from
  while (text[at] === ' ' || text[at] === '\t') at += 1
  return at
}

function pastLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end + 1
}

function lineEnds(text: string, from: number, to: number): number {
  let count = 0
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count += 1
  return count
}

/** Past a key with its value, on however many lines; a blank line or a comment is one too. */
function pastStatement(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length;) {
    const character = text[at] ?? ''
    if (character === '\n' && depth === 0) return at + 1
    if (character === '#' && depth === 0) return pastLine(text, at)
    depth += DEPTHS[character] ?? 0
    at = pastToken(text, at)
  }
  return text.length
}

const DEPTHS: Readonly<Record<string, number>> = { '[': 1, '{': 1, ']': -1, '}': -1 }

/** Past a string or a comment, or past one character. */
function pastToken(text: string, at: number): number {
  const character = text[at]
  if (character === '#') return pastLine(text, at)
  return character === '"' || character === "'" ? pastString(text, at) : at + 1
}

function pastString(text: string, from: number): number {
  const quote = text[from] ?? ''
  const isLong = text.startsWith(quote.repeat(3), from)
  const end = isLong ? quote.repeat(3) : quote
  for (let at = from + end.length; at < text.length; at += 1) {
    if (text[at] === '\\' && quote === '"') at += 1
    else if (text.startsWith(end, at)) return isLong ? pastQuotes(text, at + 3, quote) : at + 1
    else if (text[at] === '\n' && !isLong) return at
  }
  return text.length
}

/** A long string may end in one or two quotes of its own. */
function pastQuotes(text: string, from: number, quote: string): number {
  let at = from
  while (at < from + 2 && text[at] === quote) at += 1
  return at
}

/**
 * How many tables and arrays a text can make at most, which its parser does not limit: each dot of a key may make one,
 * from two bytes. Also of a text that is no TOML.
 */
export function countTables(toml: string): number {
  let count = 0
  for (let at = 0; at < toml.length; at = pastToken(toml, at))
    if (toml[at] === '.' || toml[at] === '[' || toml[at] === '{') count += 1
  return count
}
