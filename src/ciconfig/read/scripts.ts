import type { Node } from '../nodes.ts'
import { text, wrong, wrongType, type Reader } from './fields.ts'

const MAX_SCRIPT_DEPTH = 10

/** A text, or a list of texts nested up to ten levels, as one flat list. */
export const script: Reader<readonly string[]> = (node, place) => {
  const lines: string[] = []
  const visit = (item: Node, depth: number): void => {
    if (item.kind === 'list' && depth < MAX_SCRIPT_DEPTH)
      for (const inner of item.items) visit(inner, depth + 1)
    else if (item.kind === 'scalar' && typeof item.value === 'string') lines.push(item.value)
    else wrongType(item, place, `a string or a list of strings, at most ${MAX_SCRIPT_DEPTH} levels deep`)
  }
  visit(node, 0)
  return lines
}

/** `never`, or figures with units as in `3 hours 30 minutes` and `1w2d`; GitLab counts a bare figure as seconds. */
const DURATION =
  /^(?:never|(?:\d+(?:\.\d+)?\s*(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|mos?|months?|y|yrs?|years?)?\s*(?:,|and)?\s*)+)$/i

export const duration: Reader<string> = (node, place) => {
  const value =
    node.kind === 'scalar' && typeof node.value === 'bigint' ? `${node.value} seconds` : text(node, place)
  if (value === undefined || (value.length <= 64 && DURATION.test(value))) return value
  return wrong(node, place, {
    code: 'ciconfig.value',
    what: 'must be a time such as 1 week, 3 mins 4 sec, or never',
  })
}
