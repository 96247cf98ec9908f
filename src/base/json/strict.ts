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
}

const DEFAULTS: Required<JsonLimits> = { maxLength: 1 << 20, maxDepth: 32 }

/**
 * RFC 8259 with the loopholes closed: a key stands once per object, depth and length are capped, and `__proto__`
 * is refused. Throws `base.json`. The caller still checks the shape.
 */
export function parseJson(text: string, limits: JsonLimits = {}): JsonValue {
  const { maxLength, maxDepth } = { ...DEFAULTS, ...limits }
  if (text.length > maxLength) throw baseErrors('base.too-large', `JSON of ${text.length} characters`)
  checkStructure(text, maxDepth)
  try {
    return JSON.parse(text) as JsonValue
  } catch (cause) {
    throw baseErrors('base.json', 'not JSON', { cause })
  }
}

/** What comes next inside an object: a key, or a value. Arrays hold values only. */
interface Level {
  readonly keys: Set<string> | undefined
  expectsKey: boolean
}

/**
 * One pass over the tokens that JSON.parse will accept, to see what it would not tell: depth and duplicate keys.
 * On text that is not JSON the pass may see anything; JSON.parse refuses that text afterwards.
 */
function checkStructure(text: string, maxDepth: number): void {
  const levels: Level[] = []
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs
  for (const [symbol] of text.matchAll(token)) {
    if (symbol === '{') levels.push({ keys: new Set(), expectsKey: true })
    else if (symbol === '[') levels.push({ keys: undefined, expectsKey: false })
    else if (symbol === '}' || symbol === ']') levels.pop()
    else checkMember(levels.at(-1), symbol)
    if (levels.length > maxDepth) throw baseErrors('base.json', `nested deeper than ${maxDepth} levels`)
  }
}

function checkMember(level: Level | undefined, symbol: string): void {
  if (level?.keys === undefined) return
  if (symbol === ',') level.expectsKey = true
  else if (symbol === ':') level.expectsKey = false
  else if (level.expectsKey) addKey(level.keys, symbol)
}

function addKey(keys: Set<string>, quoted: string): void {
  let key: string
  try {
    key = JSON.parse(quoted) as string
  } catch (cause) {
    throw baseErrors('base.json', 'not JSON', { cause })
  }
  if (keys.has(key)) throw baseErrors('base.json', `the key ${quoted.slice(0, 80)} stands twice`)
  if (key === '__proto__') throw baseErrors('base.json', 'the key "__proto__" is not allowed')
  keys.add(key)
}
