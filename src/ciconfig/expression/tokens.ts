/** What a condition is made of (GitLab's `expression/lexer.rb`). */
export type Token =
  | { readonly kind: 'value'; readonly value: Leaf }
  | { readonly kind: 'operator'; readonly name: Operator }
  | { readonly kind: 'open' }
  | { readonly kind: 'close' }

export type Leaf =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'pattern'; readonly source: string }
  | { readonly kind: 'literal'; readonly value: string | boolean | null }

export type Operator = '!' | '==' | '!=' | '=~' | '!~' | '&&' | '||'

export type Tokens =
  | { readonly kind: 'tokens'; readonly tokens: readonly Token[] }
  /** `offset` into the text. */
  | { readonly kind: 'wrong'; readonly what: string; readonly offset: number }

const MAX_TOKENS = 100
const MAX_LENGTH = 10_000

type Rule = readonly [RegExp, (match: RegExpExecArray) => Token]

const literal = (value: string | boolean | null): Token => ({
  kind: 'value',
  value: { kind: 'literal', value },
})
const operator = (name: Operator): Token => ({ kind: 'operator', name })

/** In GitLab's order: the first that fits wins. A string knows no escapes, a pattern has at least two characters. */
const RULES: readonly Rule[] = [
  [/\(/y, () => ({ kind: 'open' })],
  [/\)/y, () => ({ kind: 'close' })],
  [/\$(\w+)/y, (match) => ({ kind: 'value', value: { kind: 'variable', name: match[1] ?? '' } })],
  [/"([^"\n]*)"|'([^'\n]*)'/y, (match) => literal(match[1] ?? match[2] ?? '')],
  [/null/y, () => literal(null)],
  [/(?:true|false)\b/y, (match) => literal(match[0] === 'true')],
  [/==|=~|!=|!~|&&|\|\||!/y, (match) => operator(match[0] as Operator)],
]

/** The tokens of a condition, or the first thing that is none. */
export function tokensOf(text: string): Tokens {
  if (text.length > MAX_LENGTH) return { kind: 'wrong', what: 'is too long', offset: 0 }
  const tokens: Token[] = []
  let offset = skipSpace(text, 0)
  while (offset < text.length) {
    if (tokens.length === MAX_TOKENS)
      return { kind: 'wrong', what: `has more than ${MAX_TOKENS} parts`, offset }
    const found = text[offset] === '/' ? patternAt(text, offset) : tokenAt(text, offset)
    if (found === undefined) return { kind: 'wrong', what: unknownAt(text, offset), offset }
    tokens.push(found.token)
    offset = skipSpace(text, found.end)
  }
  return { kind: 'tokens', tokens }
}

interface Found {
  readonly token: Token
  readonly end: number
}

function tokenAt(text: string, offset: number): Found | undefined {
  for (const [pattern, make] of RULES) {
    pattern.lastIndex = offset
    const match = pattern.exec(text)
    if (match !== null) return { token: make(match), end: pattern.lastIndex }
  }
  return undefined
}

/** `/…/flags` to the first slash that no backslash stands before. */
function patternAt(text: string, offset: number): Found | undefined {
  let end = offset + 1
  while (end < text.length && (text[end] !== '/' || text[end - 1] === '\\')) end++
  if (end >= text.length || end - offset < 3) return undefined
  let last = end + 1
  while (last < text.length && 'ismU'.includes(text.charAt(last))) last++
  const source = text.slice(offset, last)
  return { token: { kind: 'value', value: { kind: 'pattern', source } }, end: last }
}

function skipSpace(text: string, offset: number): number {
  let end = offset
  while (end < text.length && /\s/.test(text.charAt(end))) end++
  return end
}

function unknownAt(text: string, offset: number): string {
  const rest = text.slice(offset, offset + 20)
  if (rest.startsWith('${')) return 'names a variable with braces; write $NAME'
  if (rest.startsWith('/')) return `has a pattern that does not end, or of one character, at ${rest}`
  if (/^=[^=~]/.test(rest)) return 'compares with =; write =='
  return `cannot be read at ${rest}`
}
