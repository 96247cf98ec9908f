import { isNull, type Node } from '../nodes.ts'
import { readRecord, text, textOrTexts, wrong, wrongType, type Place, type Reader } from '../read/fields.ts'
import { includeRules, type Rule } from '../read/rules.ts'
import type { Position } from '../report.ts'
import { givenInputs, type GivenInputs } from './inputs.ts'

/** One entry of `include`, as it is written. */
export interface IncludeEntry {
  readonly at: Position
  readonly target: Target
  readonly rules: readonly Rule[] | undefined
  readonly inputs: GivenInputs
}

export type Target =
  /** A path, or a URL: which one shows when its variables are known. */
  | { readonly kind: 'plain'; readonly location: string }
  | { readonly kind: 'local'; readonly path: string }
  | {
      readonly kind: 'project'
      readonly project: string
      readonly ref: string
      readonly files: readonly string[]
    }
  | { readonly kind: 'remote'; readonly url: string; readonly integrity: string | null }
  | { readonly kind: 'template'; readonly name: string }
  | { readonly kind: 'component'; readonly address: string }

const KINDS = ['local', 'project', 'remote', 'template', 'component', 'artifact'] as const

const inputs: Reader<GivenInputs> = (node, place) =>
  node.kind === 'map' ? givenInputs(node) : wrongType(node, place, 'a map')

export const includeFields = {
  local: text,
  project: text,
  file: textOrTexts,
  ref: text,
  remote: text,
  integrity: text,
  template: text,
  component: text,
  artifact: text,
  job: text,
  inputs,
  rules: includeRules,
}

/** The entries of `include`: one or a list of them. */
export function readIncludes(node: Node, place: Place): readonly IncludeEntry[] {
  const items = node.kind === 'list' ? node.items : [node]
  return items
    .filter((item) => !isNull(item))
    .map((item) => readEntry(item, place))
    .filter((entry) => entry !== undefined)
}

function readEntry(node: Node, place: Place): IncludeEntry | undefined {
  if (node.kind !== 'map') {
    const location = text(node, place)
    return location === undefined
      ? undefined
      : { at: node.at, target: { kind: 'plain', location }, rules: undefined, inputs: new Map() }
  }
  const values = readRecord(node, place, includeFields)
  const kinds = KINDS.filter((kind) => node.entries.has(kind))
  if (kinds.length !== 1)
    return node.isPartial === true
      ? undefined
      : wrong(node, place, {
          code: 'ciconfig.include',
          what: `needs one of ${KINDS.join(', ')}${kinds.length > 1 ? `, not ${kinds.join(' and ')}` : ''}`,
        })
  const target = targetOf(values, { node, place })
  return target && { at: node.at, target, rules: values.rules, inputs: values.inputs ?? new Map() }
}

type Values = ReturnType<typeof readRecord<typeof includeFields>>

function targetOf(
  values: Values,
  { node, place }: { readonly node: Node; readonly place: Place },
): Target | undefined {
  const { local, project, remote, integrity = null, template, component, artifact } = values
  if (local !== undefined) return { kind: 'local', path: local }
  if (remote !== undefined) return { kind: 'remote', url: remote, integrity }
  if (template !== undefined) return { kind: 'template', name: template }
  if (component !== undefined) return { kind: 'component', address: component }
  if (project !== undefined) return projectTarget(values, { node, place })
  const what = 'may name an artifact in a child pipeline only'
  return artifact === undefined ? undefined : wrong(node, place, { code: 'ciconfig.include', what })
}

function projectTarget(
  { project = '', file = [], ref = 'HEAD' }: Values,
  { node, place }: { readonly node: Node; readonly place: Place },
): Target | undefined {
  if (file.length === 0)
    return wrong(node, place, { code: 'ciconfig.include', what: 'needs file with project' })
  return { kind: 'project', project, ref, files: typeof file === 'string' ? [file] : file }
}
