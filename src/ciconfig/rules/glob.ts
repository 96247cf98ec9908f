import { linearPattern, type Pattern } from '../expression/pattern.ts'

/** Ruby's `File.fnmatch?` with `FNM_PATHNAME | FNM_DOTMATCH | FNM_EXTGLOB`; undefined for what is no glob of its. */
export function fileGlob(glob: string): Pattern | undefined {
  if (!/[*?[{\\]/.test(glob)) return { matches: (path) => path === glob }
  const source = translated(glob)
  return source === undefined ? undefined : linearPattern(`^(?:${source})$`, 's')
}

/** `include:local` with `*` (no slash) and `**` (anything): not Ruby's globs, but a search for a pattern. */
export function includeGlob(glob: string): Pattern | undefined {
  const source = glob
    .split(/(\*\*|\*)/)
    .map((part) => (part === '**' ? '.*?' : part === '*' ? '[^/]*?' : escaped(part)))
    .join('')
  return linearPattern(`^${source}$`)
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

function translated(glob: string): string | undefined {
  const parts: string[] = []
  let depth = 0
  for (let at = 0; at < glob.length;) {
    const [part, length] = partAt(glob, at, depth)
    if (length === 0) return undefined
    if (part === '(?:') depth++
    if (part === ')') depth--
    parts.push(part)
    at += length
  }
  return depth === 0 ? parts.join('') : undefined
}

/** A piece of the pattern, and how much of the glob it stands for: 0 where the glob is wrong. */
function partAt(glob: string, at: number, depth: number): readonly [string, number] {
  const sign = glob.charAt(at)
  if (sign === '*') return starAt(glob, at)
  if (sign === '?') return ['[^/]', 1]
  if (sign === '[') return setAt(glob, at)
  if (sign === '{') return ['(?:', 1]
  if (sign === '}' && depth > 0) return [')', 1]
  if (sign === ',' && depth > 0) return ['|', 1]
  if (sign === '\\') return [escaped(glob.charAt(at + 1)), Math.min(2, glob.length - at)]
  return [escaped(sign), 1]
}

/** `**` followed by a slash, at the beginning of a part, is any number of folders; elsewhere stars stay within a part. */
function starAt(glob: string, at: number): readonly [string, number] {
  const isStart = at === 0 || '/{,'.includes(glob.charAt(at - 1))
  if (isStart && glob.startsWith('**/', at)) return ['(?:[^/]+/)*', 3]
  let end = at
  while (glob.charAt(end) === '*') end++
  return ['[^/]*', end - at]
}

function setAt(glob: string, at: number): readonly [string, number] {
  const end = glob.indexOf(']', at + 2)
  if (end < 0) return ['', 0]
  const inner = glob.slice(at + 1, end)
  const isNegated = /^[!^]/.test(inner)
  const members = (isNegated ? inner.slice(1) : inner).replaceAll(/[\\[\]^&~]/g, '\\$&')
  return [isNegated ? `[^/${members}]` : `[${members}]`, end + 1 - at]
}
