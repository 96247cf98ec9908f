import type { JsonValue } from '../../base/index.ts'

/**
 * OLPC canonical JSON, over which TUF signs. Not RFC 8785: only `"` and `\` are escaped, control characters stand as
 * they are, and numbers are integers.
 */
export function olpcJson(value: JsonValue): string {
  if (typeof value === 'string') return canonicalString(value)
  if (typeof value === 'number') return canonicalInteger(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (isArray(value)) return `[${value.map(olpcJson).join(',')}]`
  const members = Object.entries(value)
    .toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([key, member]) => `${canonicalString(key)}:${olpcJson(member)}`)
  return `{${members.join(',')}}`
}

/** Unlike `Array.isArray`, narrows a readonly array. */
function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('a lone surrogate has no canonical JSON')
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

function canonicalInteger(value: number): string {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${value} has no canonical JSON`)
  return String(value)
}
