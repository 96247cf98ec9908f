import { baseErrors } from '../errors.ts'

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

export interface JsonLimits {
  /** Default 1 MiB (in UTF-16 code units). */
  readonly maxLength?: number
  /** Default 32. */
  readonly maxDepth?: number
  /** Of lists and objects together; a list in a list may count twice. Left out, as many as the length has room for. */
  readonly maxValues?: number
}

const DEFAULTS: Required<JsonLimits> = { maxLength: 1 << 20, maxDepth: 32, maxValues: Infinity }

/**
 * RFC 8259 with the loopholes closed: a key stands once per object, depth and length are capped, and `__proto__`
 * and lone surrogates (RFC 7493 §2.1) are refused. Throws `base.json`. The caller still checks the shape.
 */
export function parseJson(text: string, limits: JsonLimits = {}): JsonValue {
  const { maxLength, ...structure } = { ...DEFAULTS, ...limits }
  if (text.length > maxLength) throw baseErrors('base.too-large', `JSON of ${text.length} characters`)
  checkStructure(text, structure)
  const value = readValue(text)
  const mayHaveSurrogate = SURROGATE_ESCAPE.test(text) || !text.isWellFormed()
  if (mayHaveSurrogate && hasLoneSurrogate(value))
    throw baseErrors('base.json', 'a string contains a lone surrogate')
  return value
}

function readValue(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch (cause) {
    throw baseErrors('base.json', 'not JSON', { cause })
  }
}

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/

/** What is written again has an escape for each lone surrogate and for no whole character; backslashes stand doubled. */
function hasLoneSurrogate(value: JsonValue): boolean {
  return /\\ud[89a-f]/.test(JSON.stringify(value).replaceAll('\\\\', ''))
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OBJECT_START, OBJECT_END, ARRAY_START, ARRAY_END] = [0x7b, 0x7d, 0x5b, 0x5d]

/** What comes next inside an object: a key, or a value. Arrays hold values only. */
interface Level {
  readonly keys: Set<string> | undefined
  expectsKey: boolean
}

/**
 * One pass over the tokens that JSON.parse will accept, to see what it would not tell: depth, count and duplicate keys.
 * On text that is not JSON the pass may see anything; JSON.parse refuses that text afterwards.
 */
function checkStructure(
  text: string,
  { maxDepth, maxValues }: Omit<Required<JsonLimits>, 'maxLength'>,
): void {
  const levels: Level[] = []
  let values = 1
  for (let at = 0; at < text.length; at += 1) {
    const symbol = text.charCodeAt(at)
    if (symbol === QUOTE) {
      const end = endOfString(text, at)
      if (end === undefined) return
      const level = levels.at(-1)
      if (level?.keys !== undefined && level.expectsKey) addKey(level.keys, text.slice(at, end + 1))
      at = end
    } else checkSymbol(levels, symbol)
    if (levels.length > maxDepth) throw baseErrors('base.json', `nested deeper than ${maxDepth} levels`)
    if (VALUE_STARTS.has(symbol)) values += 1
    if (values > maxValues) throw baseErrors('base.json', `more than ${maxValues} values`)
  }
}

/** A list and an object are a value, and what follows a comma is. */
const VALUE_STARTS: ReadonlySet<number> = new Set([COMMA, OBJECT_START, ARRAY_START])

/** The quote after the one at `start`, with an even number of backslashes before it. */
function endOfString(text: string, start: number): number | undefined {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1
    while (text.charCodeAt(before) === BACKSLASH) before -= 1
    if ((end - before) % 2 === 1) return end
  }
  return undefined
}

function checkSymbol(levels: Level[], symbol: number): void {
  if (symbol === OBJECT_START) levels.push({ keys: new Set(), expectsKey: true })
  else if (symbol === ARRAY_START) levels.push({ keys: undefined, expectsKey: false })
  else if (symbol === OBJECT_END || symbol === ARRAY_END) levels.pop()
  else if (symbol === COMMA || symbol === COLON) {
    const level = levels.at(-1)
    if (level !== undefined) level.expectsKey = symbol === COMMA
  }
}

function addKey(keys: Set<string>, quoted: string): void {
  const key = readKey(quoted)
  if (keys.has(key)) throw baseErrors('base.json', `the key ${quoted.slice(0, 80)} appears twice`)
  if (key === '__proto__') throw baseErrors('base.json', 'the key "__proto__" is not allowed')
  keys.add(key)
}

function readKey(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return JSON.parse(quoted) as string
  } catch (cause) {
    throw baseErrors('base.json', 'not JSON', { cause })
  }
}
