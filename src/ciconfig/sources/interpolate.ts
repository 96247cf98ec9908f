import { apply, type Functions } from './functions.ts'
import type { Written } from '../read/fields.ts'

/** What `$[[ … ]]` may name. */
export interface InputContext extends Functions {
  readonly inputs: ReadonlyMap<string, Written>
  readonly component: ReadonlyMap<string, string>
}

export interface Interpolated {
  readonly text: string
  /** From an offset of the new text to one of the old. */
  readonly origin: (offset: number) => number
  readonly problems: readonly { readonly offset: number; readonly what: string }[]
}

const BLOCK = /\$\[\[\s*(\S(?:[^\n]*?\S)?)\s*\]\]/g
const MAX_BLOCKS = 10_000
const MAX_LENGTH = 1 << 20
const MAX_EXPRESSION_LENGTH = 1024

/** GitLab replaces in the text, before it is YAML: what is not text goes in as JSON. */
export function interpolate(text: string, context: InputContext): Interpolated {
  const parts: string[] = []
  const segments: Segment[] = []
  const problems: { offset: number; what: string }[] = []
  let [end, length, count] = [0, 0, 0]
  const push = (part: string, from: number, isReplaced: boolean): void => {
    segments.push({ start: length, from, isReplaced })
    parts.push(part)
    length += part.length
  }
  for (const match of text.matchAll(BLOCK)) {
    if (++count > MAX_BLOCKS || length > MAX_LENGTH) {
      const what = count > MAX_BLOCKS ? `more than ${MAX_BLOCKS} blocks $[[ … ]]` : 'grows beyond 1 MiB'
      return { text, origin: (offset) => offset, problems: [{ offset: match.index, what }] }
    }
    push(text.slice(end, match.index), end, false)
    const block = valueOf(match, context)
    if (block.kind === 'wrong') problems.push({ offset: match.index, what: block.what })
    push(block.kind === 'wrong' ? '' : block.text, match.index, true)
    end = match.index + match[0].length
  }
  push(text.slice(end), end, false)
  return { text: parts.join(''), origin: originIn(segments), problems }
}

interface Segment {
  /** In the new text. */
  readonly start: number
  /** In the old text. */
  readonly from: number
  /** Every place in it is where the block stands. */
  readonly isReplaced: boolean
}

function originIn(segments: readonly Segment[]): (offset: number) => number {
  return (offset) => {
    let [low, high] = [0, segments.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((segments[middle]?.start ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    const segment = segments[low]
    if (segment === undefined) return offset
    return segment.isReplaced ? segment.from : segment.from + offset - segment.start
  }
}

type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'wrong'; readonly what: string }

/** `inputs.name | function | function`. `matrix.…` is for later. */
function valueOf([whole, expression = '']: RegExpExecArray, context: InputContext): Block {
  if (expression.length > MAX_EXPRESSION_LENGTH)
    return { kind: 'wrong', what: `$[[ … ]] has more than ${MAX_EXPRESSION_LENGTH} characters` }
  const [access = '', ...functions] = expression.split('|').map((part) => part.trim())
  if (access.startsWith('matrix.')) return { kind: 'text', text: whole }
  if (!/^[^.]+\.[^.]+$/.test(access)) return { kind: 'wrong', what: `${whole} must name inputs.NAME` }
  const value = accessed(access, context)
  if (value === undefined)
    return { kind: 'wrong', what: `${whole}: ${access} is not declared in the header of this file` }
  const result = apply(functions, value, context)
  return result.kind === 'wrong'
    ? { kind: 'wrong', what: `${whole}: ${result.what}` }
    : { kind: 'text', text: textOf(result.value) }
}

function accessed(access: string, { inputs, component }: InputContext): Written | undefined {
  const [object = '', key = ''] = access.split('.')
  if (object === 'component') return component.get(key)
  return object === 'inputs' ? inputs.get(key) : undefined
}

function textOf(value: Written): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
