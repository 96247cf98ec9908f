import { expandText } from '../expand.ts'
import type { Written } from '../read/fields.ts'
import type { Scope } from '../scope.ts'

export interface Functions {
  /** What `expand_vars` knows: variables from before there is a pipeline. */
  readonly variables: Scope
}

export type Applied =
  | { readonly kind: 'value'; readonly value: Written }
  | { readonly kind: 'wrong'; readonly what: string }

const MAX_FUNCTIONS = 3
const TRUNCATE = /^truncate\(\s*(\d{1,9})\s*,\s*(\d{1,9})\s*\)$/

/** The functions of `$[[ inputs.x | … ]]`, from left to right. */
export function apply(names: readonly string[], value: Written, context: Functions): Applied {
  if (names.length > MAX_FUNCTIONS) return { kind: 'wrong', what: `has more than ${MAX_FUNCTIONS} functions` }
  let current = value
  for (const name of names) {
    const result = applyOne(name, current, context)
    if (result.kind === 'wrong') return result
    current = result.value
  }
  return { kind: 'value', value: current }
}

function applyOne(name: string, value: Written, context: Functions): Applied {
  const [, offset, length] = TRUNCATE.exec(name) ?? []
  const isKnown = offset !== undefined || name === 'expand_vars' || name === 'posix_escape'
  if (!isKnown)
    return {
      kind: 'wrong',
      what: `${name} is not a function; there are expand_vars, truncate(offset,length), posix_escape`,
    }
  if (typeof value !== 'string') return { kind: 'wrong', what: `${name} takes texts only` }
  if (offset !== undefined) return { kind: 'value', value: truncated(value, Number(offset), Number(length)) }
  return name === 'posix_escape' ? { kind: 'value', value: posixEscape(value) } : expanded(value, context)
}

function truncated(value: string, offset: number, length: number): string {
  return Array.from(value)
    .slice(offset, offset + length)
    .join('')
}

/** Ruby's `Shellwords.shellescape`. */
function posixEscape(value: string): string {
  if (value === '') return "''"
  return value.replaceAll(/[^A-Za-z0-9_\-.,:+/@\n]/g, '\\$&').replaceAll('\n', "'\n'")
}

/** A masked value must not become part of a text that is no secret. One level: what the values name stays as it is. */
function expanded(value: string, { variables }: Functions): Applied {
  const names = [...value.matchAll(/\$\{?(\w+)\}?/g)].map(([, name = '']) => name)
  const masked = names.find((name) => variables.get(name)?.isMasked === true)
  if (masked !== undefined)
    return { kind: 'wrong', what: `expand_vars may not name the masked variable ${masked}` }
  return { kind: 'value', value: expandText(value, { variables, mode: 'known' }) ?? value }
}
