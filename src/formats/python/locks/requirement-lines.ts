/** A line of a requirements file as pip sees it: continued lines as one, without comments. */
export interface RequirementLine {
  /** Of its first line, from 1. */
  readonly line: number
  readonly text: string
}

/** One by one: an enemy's file may be nothing but ends of lines. */
export function* requirementLines(text: string): Generator<RequirementLine> {
  let [line, first] = [0, 0]
  let parts: string[] = []
  for (const physical of physicalLines(text)) {
    line += 1
    if (parts.length === 0) first = line
    const isComment = /^\s*#/.test(physical.slice(0, MAX_INDENT))
    const goesOn = physical.endsWith('\\') && !isComment
    // A comment among continued lines ends them, as it does for pip.
    parts.push(goesOn ? withoutBackslashes(physical) : isComment ? ` ${physical}` : physical)
    if (goesOn) continue
    yield* whole(parts, first)
    parts = []
  }
  yield* whole(parts, first)
}

const MAX_INDENT = 200

function* whole(parts: readonly string[], line: number): Generator<RequirementLine> {
  const text = withoutComment(parts.join('')).trim()
  if (text !== '') yield { line, text }
}

function* physicalLines(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const found = text.indexOf('\n', at)
    const end = found < 0 ? text.length : found
    yield text.slice(at, text[end - 1] === '\r' && end > at ? end - 1 : end)
    at = end + 1
  }
}

/** At both ends, as pip does it. */
function withoutBackslashes(text: string): string {
  let [start, end] = [0, text.length]
  while (text[start] === '\\') start += 1
  while (end > start && text[end - 1] === '\\') end -= 1
  return text.slice(start, end)
}

/** From a `#` at the start, or behind white space; that of a URL stays. */
function withoutComment(text: string): string {
  for (let at = text.indexOf('#'); at >= 0; at = text.indexOf('#', at + 1))
    if (at === 0 || /\s/.test(text[at - 1] ?? '')) return text.slice(0, at)
  return text
}

/** Words as a shell has them, as far as quotes go. */
export function words(text: string): readonly string[] {
  const found: string[] = []
  let [word, quote, isOpen] = ['', '', false]
  for (const character of text) {
    if (quote !== '') {
      if (character === quote) quote = ''
      else word += character
    } else if (character === '"' || character === "'") [quote, isOpen] = [character, true]
    else if (/\s/.test(character)) {
      if (isOpen) found.push(word)
      ;[word, isOpen] = ['', false]
    } else [word, isOpen] = [word + character, true]
  }
  return isOpen ? [...found, word] : found
}
