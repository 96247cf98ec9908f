import type { Scalar } from 'yaml'
import { plainValue, type PlainValue, type Unfit } from './psych.ts'

const CORE = 'tag:yaml.org,2002:'
/** Those that Psych gives a meaning to, without those of kinds that no keyword takes. */
const TAGS = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => CORE + name))

export function hasForeignTag(node: { readonly tag?: string | undefined }): boolean {
  return node.tag !== undefined && !TAGS.has(node.tag)
}

/** A tag, also one of a quoted text, makes Psych look at the text anew. */
export function scalarValue({ value, type, tag }: Scalar): PlainValue | Unfit {
  const text = typeof value === 'string' ? value : ''
  if (tag === undefined) return type === 'PLAIN' && !text.includes('\n') ? plainValue(text) : text
  if (tag === `${CORE}str`) return text
  const plain = plainValue(text)
  if (tag !== `${CORE}float`) return plain
  return typeof plain === 'number' || typeof plain === 'bigint'
    ? Number(plain)
    : { readAs: 'a number without digits' }
}

export function isUnfit(value: PlainValue | Unfit): value is Unfit {
  return typeof value === 'object' && value !== null
}

/** `:name`, `:"name"` and `:'name'`. */
export function symbolName(source: string): string {
  return /^:(["'])(.*)\1/.exec(source)?.[2] ?? source.slice(1)
}

export function kindOf(value: PlainValue | Unfit): string {
  if (isUnfit(value)) return value.readAs
  if (value === null) return 'null'
  return typeof value === 'boolean' ? String(value) : 'a number'
}
