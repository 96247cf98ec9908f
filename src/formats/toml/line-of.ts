import { parse } from 'smol-toml'

/**
 * The line on which the value at a path of a TOML text begins; 1 where it is nowhere. The parser tells no positions of
 * what it accepts, so the text is parsed up to each line: the first part that holds the path ends with its value.
 */
export function lineOf(toml: string, path: readonly (string | number)[]): number {
  const lines = toml.split('\n')
  let lastWithout = 0
  for (let count = 1; count <= lines.length; count += 1) {
    const part = attempt(lines.slice(0, count).join('\n'))
    if (part === undefined) continue
    // A missing member is shown where the table begins that should have it.
    if (holds(part, path) || (count === lines.length && path.length > 1)) {
      return holds(part, path) ? lastWithout + 1 : lineOf(toml, path.slice(0, -1))
    }
    lastWithout = count
  }
  return 1
}

/** Undefined for a part that ends inside of a value. */
function attempt(toml: string): unknown {
  try {
    return parse(toml)
  } catch {
    return undefined
  }
}

function holds(value: unknown, [key, ...rest]: readonly (string | number)[]): boolean {
  if (key === undefined) return true
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
  return holds((value as Readonly<Record<string | number, unknown>>)[key], rest)
}
