/** A CI/CD variable as it is defined, before expansion. */
export interface Variable {
  readonly key: string
  readonly value: string
  /** `expand: false`: its value is no text with references, and others keep their references to it for the runner. */
  readonly isRaw?: boolean
  /** The runner writes the value into a file and puts the path into the environment. */
  readonly isFile?: boolean
  readonly isMasked?: boolean
  /** Only for pipelines of protected branches and tags. */
  readonly isProtected?: boolean
  /** Environments that it is for, `*` for any text. Default: all. */
  readonly environmentScope?: string
}

/**
 * `runner`: what GitLab hands to the runner, where references to raw, file-type and unknown variables stay as written.
 * `known`: raw and file-type ones too are replaced. `all`: unknown ones too, by nothing.
 */
export type ExpansionMode = 'runner' | 'known' | 'all'

export type Expansion =
  | { readonly kind: 'expanded'; readonly variables: readonly Variable[] }
  /** The names in the order in which they refer to each other, the first one again at the end. */
  | { readonly kind: 'circle'; readonly keys: readonly string[] }
  /** `A: $B$B`, `B: $C$C`, … doubles with every line. */
  | { readonly kind: 'too-large'; readonly keys: readonly string[] }

/** All values of one set together. */
export const MAX_EXPANDED_LENGTH = 1 << 20

/** GitLab's `$NAME`, `${NAME}`, `%NAME%`; the doubled signs stay as they are, the runner makes `$` of `$$`. */
const REFERENCE =
  /\$\$|%%|\$(?<plain>[a-zA-Z_][a-zA-Z0-9_]*)|\$\{(?<braced>[a-zA-Z_][a-zA-Z0-9_]*)\}|%(?<percent>[a-zA-Z_][a-zA-Z0-9_]*)%/g

/**
 * GitLab's `sort_and_expand_all`: of equal names the last one counts, references are resolved in the order of their
 * dependencies, unknown ones stay as written for the runner and the shell.
 */
export function expandVariables(variables: readonly Variable[], mode: ExpansionMode = 'runner'): Expansion {
  const latest = new Map<string, Variable>()
  for (const variable of variables) {
    latest.delete(variable.key)
    latest.set(variable.key, variable)
  }
  const order = dependencyOrder(latest)
  if (order.circle !== undefined) return { kind: 'circle', keys: order.circle }
  let budget = MAX_EXPANDED_LENGTH
  for (const key of order.keys) {
    const variable = latest.get(key)
    if (variable === undefined || variable.isRaw === true) continue
    const value = expandText(variable.value, { variables: latest, mode, maxLength: budget })
    if (value === undefined) return { kind: 'too-large', keys: [key] }
    budget -= value.length
    latest.set(key, { ...variable, value })
  }
  return { kind: 'expanded', variables: [...latest.values()] }
}

export type Known = Pick<ReadonlyMap<string, Variable>, 'get'>

export interface TextExpansion {
  readonly variables: Known
  readonly mode?: ExpansionMode
  readonly maxLength?: number
}

/** One pass over a text with variables that are expanded already; undefined when it grows beyond `maxLength`. */
export function expandText(
  text: string,
  { variables, mode = 'runner', maxLength = MAX_EXPANDED_LENGTH }: TextExpansion,
): string | undefined {
  const parts: string[] = []
  let [length, end] = [0, 0]
  for (const match of text.matchAll(REFERENCE)) {
    const value = referenced(match, { variables, mode })
    parts.push(text.slice(end, match.index), value)
    length += match.index - end + value.length
    end = match.index + match[0].length
    if (length > maxLength) return undefined
  }
  parts.push(text.slice(end))
  return length + text.length - end > maxLength ? undefined : parts.join('')
}

function referenced(
  match: RegExpExecArray,
  { variables, mode }: { variables: Known; mode: ExpansionMode },
): string {
  const name = referenceName(match)
  const variable = name === undefined ? undefined : variables.get(name)
  if (variable === undefined) return mode === 'all' && name !== undefined ? '' : match[0]
  return mode === 'runner' && (variable.isRaw === true || variable.isFile === true)
    ? match[0]
    : variable.value
}

function referenceName({ groups }: RegExpExecArray): string | undefined {
  return groups?.['plain'] ?? groups?.['braced'] ?? groups?.['percent']
}

/** Kahn's algorithm: no recursion, so that a long chain costs no stack. */
function dependencyOrder(variables: ReadonlyMap<string, Variable>): {
  readonly keys: readonly string[]
  readonly circle: readonly string[] | undefined
} {
  const needs = new Map([...variables].map(([key, variable]) => [key, references(variable, variables)]))
  const neededBy = new Map<string, string[]>([...needs.keys()].map((key) => [key, []]))
  for (const [key, targets] of needs) for (const target of targets) neededBy.get(target)?.push(key)
  const open = new Map([...needs].map(([key, targets]) => [key, targets.size]))
  const keys = [...open].filter(([, count]) => count === 0).map(([key]) => key)
  for (const key of keys) {
    for (const dependent of neededBy.get(key) ?? []) {
      const count = (open.get(dependent) ?? 0) - 1
      open.set(dependent, count)
      if (count === 0) keys.push(dependent)
    }
  }
  return { keys, circle: keys.length === variables.size ? undefined : findCircle(needs, new Set(keys)) }
}

function references(variable: Variable, variables: ReadonlyMap<string, Variable>): ReadonlySet<string> {
  if (variable.isRaw === true) return new Set()
  const names = [...variable.value.matchAll(REFERENCE)].map((match) => referenceName(match) ?? '')
  return new Set(names.filter((name) => variables.has(name)))
}

/** Whatever is not `resolved` leads into a circle: follow it until a name comes again. */
function findCircle(
  needs: ReadonlyMap<string, ReadonlySet<string>>,
  resolved: ReadonlySet<string>,
): readonly string[] {
  const path: string[] = []
  let key = [...needs.keys()].find((name) => !resolved.has(name)) ?? ''
  while (!path.includes(key)) {
    path.push(key)
    key = [...(needs.get(key) ?? [])].find((name) => !resolved.has(name)) ?? key
  }
  return [...path.slice(path.indexOf(key)), key]
}
