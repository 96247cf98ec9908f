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
  let open: OpenValue = { quote: '', depth: 0 }
  for (let from = 0; from < text.length;) {
    const found = text.indexOf('\n', from)
    const to = found < 0 ? text.length : found
    const line = text.slice(from, to).replace(/\r$/, '')
    const isInside = open.quote !== '' || open.depth > 0
    const header = isInside ? null : HEADER.exec(line.slice(0, MAX_HEADER_LENGTH))
    const key = isInside || header !== null ? null : KEY.exec(line)
    if (header !== null) {
      table = partsOf(header[1] ?? '')
      add(places, table.join('.'), { keyAt: from, valueAt: from, valueEnd: from + line.length })
    } else if (key !== null) {
      const start = key[0].length
      const scanned = scan(line, start, open)
      open = scanned.open
      const place = {
        keyAt: from + (key[1]?.length ?? 0),
        valueAt: from + start,
        valueEnd: from + scanned.end,
      }
      add(places, [...table, ...partsOf(key[2] ?? '')].join('.'), place)
    } else if (isInside) open = scan(line, 0, open).open
    from = to + 1
  }
  return places
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

/** Past the value on this line, up to a comment. */
function scan(
  line: string,
  start: number,
  before: OpenValue,
): { readonly open: OpenValue; readonly end: number } {
  let { quote, depth } = before
  let end = start
  for (let at = start; at < line.length;) {
    const three = line.slice(at, at + 3)
    if (quote !== '') {
      const isEscape = quote === '"""' && line[at] === '\\'
      if (three === quote) quote = ''
      at += isEscape ? 2 : quote === '' ? 3 : 1
    } else if (three === '"""' || three === "'''") {
      quote = three
      at += 3
    } else if (line[at] === '#') break
    else if (line[at] === '"' || line[at] === "'") at = stringEnd(line, at)
    else {
      if (line[at] === '[' || line[at] === '{') depth += 1
      if (line[at] === ']' || line[at] === '}') depth -= 1
      if (!/\s/.test(line[at] ?? '')) end = at + 1
      at += 1
      continue
    }
    end = Math.min(at, line.length)
  }
  return { open: { quote, depth: Math.max(depth, 0) }, end }
}

function stringEnd(line: string, start: number): number {
  const quote = line[start]
  for (let at = start + 1; at < line.length; at += 1) {
    if (line[at] === '\\' && quote === '"') at += 1
    else if (line[at] === quote) return at + 1
  }
  return line.length
}
