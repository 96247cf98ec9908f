/** Where a key of a TOML text stands, and the first line of its value. */
export interface TomlPlace {
  readonly keyAt: number
  readonly valueAt: number
  /** Behind the last character of the value, where it is on one line. */
  readonly valueEnd: number
}

const HEADER = /^[ \t]*\[{1,2}[ \t]*([^\]#]+?)[ \t]*\]{1,2}/
const KEY =
  /^([ \t]*)((?:[A-Za-z0-9_-]+|"[^"\\]*"|'[^']*')(?:[ \t]*\.[ \t]*(?:[A-Za-z0-9_-]+|"[^"\\]*"|'[^']*'))*)[ \t]*=[ \t]*/
const MAX_HEADER_LENGTH = 500
const PART = /[A-Za-z0-9_-]+|"[^"\\]*"|'[^']*'/g

/**
 * The places of the keys of a text that is known to be TOML, by their paths joined by dots; the parser tells none. Keys
 * inside of inline tables have none; of tables in an array the first.
 */
export function tomlPlaces(text: string): ReadonlyMap<string, TomlPlace> {
  const places = new Map<string, TomlPlace>()
  let table: readonly string[] = []
  let open = CLOSED
  for (let from = 0; from < text.length;) {
    const found = text.indexOf('\n', from)
    const to = found < 0 ? text.length : found
    const line = text.slice(from, to).replace(/\r$/, '')
    const read = readLine(line, open)
    open = read.open
    if (read.kind === 'header') table = read.path
    if (read.kind !== 'rest') {
      const { keyAt, valueAt, valueEnd } = read.place
      const path = read.kind === 'header' ? table : [...table, ...read.path]
      add(places, path.join('.'), { keyAt: from + keyAt, valueAt: from + valueAt, valueEnd: from + valueEnd })
    }
    from = to + 1
  }
  return places
}

type Line =
  | {
      readonly kind: 'header' | 'key'
      readonly path: readonly string[]
      readonly place: TomlPlace
      readonly open: OpenValue
    }
  | { readonly kind: 'rest'; readonly open: OpenValue }

function readLine(line: string, open: OpenValue): Line {
  if (open.quote !== '' || open.depth > 0) return { kind: 'rest', open: scan(line, 0, open).open }
  const header = HEADER.exec(line.slice(0, MAX_HEADER_LENGTH))
  if (header !== null) {
    const place = { keyAt: 0, valueAt: 0, valueEnd: line.length }
    return { kind: 'header', path: partsOf(header[1] ?? ''), place, open }
  }
  const key = KEY.exec(line)
  if (key === null) return { kind: 'rest', open }
  const valueAt = key[0].length
  const scanned = scan(line, valueAt, open)
  const place = { keyAt: key[1]?.length ?? 0, valueAt, valueEnd: scanned.end }
  return { kind: 'key', path: partsOf(key[2] ?? ''), place, open: scanned.open }
}

function add(places: Map<string, TomlPlace>, path: string, place: TomlPlace): void {
  if (!places.has(path)) places.set(path, place)
}

function partsOf(path: string): readonly string[] {
  return (path.match(PART) ?? []).map((part) => (/^["']/.test(part) ? part.slice(1, -1) : part))
}

interface OpenValue {
  /** `"""` or `'''`, where a string goes on on the next line. */
  readonly quote: string
  /** Open brackets of an array. */
  readonly depth: number
}

const CLOSED: OpenValue = { quote: '', depth: 0 }

/** Past the value on this line, up to a comment. */
function scan(
  line: string,
  start: number,
  before: OpenValue,
): { readonly open: OpenValue; readonly end: number } {
  let open = before
  let end = start
  for (let at = start; at < line.length && (line[at] !== '#' || open.quote !== '');) {
    const step = open.quote === '' ? plainStep(line, at, open) : quotedStep(line, at, open)
    open = step.open
    at = step.next
    if (step.isValue) end = Math.min(at, line.length)
  }
  return { open: { ...open, depth: Math.max(open.depth, 0) }, end }
}

interface Step {
  readonly open: OpenValue
  readonly next: number
  readonly isValue: boolean
}

function quotedStep(line: string, at: number, open: OpenValue): Step {
  if (line.startsWith(open.quote, at)) return { open: { ...open, quote: '' }, next: at + 3, isValue: true }
  const isEscape = open.quote === '"""' && line[at] === '\\'
  return { open, next: at + (isEscape ? 2 : 1), isValue: true }
}

function plainStep(line: string, at: number, open: OpenValue): Step {
  const three = line.slice(at, at + 3)
  if (three === '"""' || three === "'''")
    return { open: { ...open, quote: three }, next: at + 3, isValue: true }
  const character = line[at] ?? ''
  if (character === '"' || character === "'") return { open, next: stringEnd(line, at), isValue: true }
  const change = '[{'.includes(character) ? 1 : ']}'.includes(character) ? -1 : 0
  return { open: { ...open, depth: open.depth + change }, next: at + 1, isValue: !/\s/.test(character) }
}

function stringEnd(line: string, start: number): number {
  const quote = line[start]
  for (let at = start + 1; at < line.length; at += 1) {
    if (line[at] === '\\' && quote === '"') at += 1
    else if (line[at] === quote) return at + 1
  }
  return line.length
}
