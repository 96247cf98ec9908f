import { isNull, type Entry } from '../nodes.ts'
import type { Position } from '../report.ts'
import { inside, readRecord, text, wrongType, type Place } from './fields.ts'
import { autoCancel, workflowRules, type AutoCancel, type Rule } from './rules.ts'

export interface Workflow {
  readonly at: Position
  readonly name: string | undefined
  readonly rules: readonly Rule[] | undefined
  readonly auto_cancel: AutoCancel | undefined
}

export const workflowFields = { name: text, rules: workflowRules, auto_cancel: autoCancel }

const MAX_NAME_LENGTH = 255

/** The keyword `workflow`; without one every pipeline runs. */
export function readWorkflow(entry: Entry | undefined, place: Place): Workflow {
  const at = entry?.keyAt ?? place.keyAt
  const nothing: Workflow = { at, name: undefined, rules: undefined, auto_cancel: undefined }
  if (entry === undefined || isNull(entry.value)) return nothing
  const here = inside(place, { key: 'workflow', keyAt: at })
  if (entry.value.kind !== 'map') return wrongType(entry.value, here, 'a map') ?? nothing
  const values = readRecord(entry.value, here, workflowFields)
  if ((values.name?.length ?? 0) > MAX_NAME_LENGTH)
    place.report.problem(at, 'ciconfig.value', `workflow:name has more than ${MAX_NAME_LENGTH} characters`)
  return { ...nothing, ...values }
}
