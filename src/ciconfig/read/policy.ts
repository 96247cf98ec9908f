import type { Condition } from '../expression/condition.ts'
import { record, text, listOf, choice, wrong, wrongType, type Reader } from './fields.ts'
import { condition } from './rules.ts'

/** `only` or `except`: undefined for a key that is absent. */
export interface Policy {
  readonly refs: readonly string[] | undefined
  readonly variables: readonly Condition[] | undefined
  readonly changes: readonly string[] | undefined
  readonly kubernetes: 'active' | undefined
}

const fields = record({
  refs: listOf(text),
  variables: listOf(condition),
  changes: listOf(text),
  kubernetes: choice('active'),
})

const NO_POLICY: Policy = { refs: undefined, variables: undefined, changes: undefined, kubernetes: undefined }

export const policy: Reader<Policy> = (node, place) => {
  if (node.kind === 'list') {
    const refs = listOf(text)(node, place)
    return refs === undefined ? undefined : { ...NO_POLICY, refs }
  }
  if (node.kind !== 'map') return wrongType(node, place, 'a list of refs or a map')
  const values = fields(node, place)
  if (node.entries.size === 0) return wrong(node, place, { code: 'ciconfig.value', what: 'is empty' })
  return { ...NO_POLICY, ...values }
}
