import { linearPattern } from '../expression/pattern.ts'
import { isNull, type MapNode, type Node } from '../nodes.ts'
import { didYouMean } from '../nearest.ts'
import {
  asWritten,
  choice,
  listOf,
  readRecord,
  text,
  wrong,
  writtenOf,
  type Place,
  type Reader,
  type Values,
  type Written,
} from '../read/fields.ts'
import type { Position, Report } from '../report.ts'

/** Values for the inputs of a file, each with where it is given. */
export type GivenInputs = ReadonlyMap<string, { readonly value: Written; readonly at: Position }>

const TYPES = ['string', 'number', 'boolean', 'array'] as const
type Type = (typeof TYPES)[number]

const MAX_OPTIONS = 50

/** `spec:inputs:NAME`. */
export const inputFields = {
  default: asWritten,
  description: text,
  options: listOf(asWritten, MAX_OPTIONS),
  regex: text,
  type: choice(...TYPES),
}

export interface InputsContext {
  readonly report: Report
  readonly given: GivenInputs
  /** Where what is missing is missed: the entry of `include`, or the file. */
  readonly at: Position
}

/** The values of a file's inputs by its header; what is wrong is reported, and left out. */
export function resolveInputs(header: MapNode, context: InputsContext): ReadonlyMap<string, Written> {
  const { report, given } = context
  const specs = declaredIn(header)
  checkSpec(header, report)
  for (const [name, { at }] of given)
    if (!specs.has(name))
      report.problem(
        at,
        'ciconfig.inputs',
        `the input ${name} is not declared in the file that is included${didYouMean(name, specs.keys())}`,
      )
  const values = new Map<string, Written>()
  for (const [name, { keyAt, value }] of specs) {
    const place: Place = { report, owner: '', path: `spec:inputs:${name}`, keyAt }
    const resolved = resolveInput({ name, node: value, place }, context)
    if (resolved !== undefined) values.set(name, resolved)
  }
  return values
}

function declaredIn(header: MapNode): MapNode['entries'] {
  const spec = header.entries.get('spec')?.value
  const declared = spec?.kind === 'map' ? spec.entries.get('inputs')?.value : undefined
  return declared?.kind === 'map' ? declared.entries : new Map<string, never>()
}

/** What else a header may hold: `component` says which facts a file wants, `description` nothing. */
function checkSpec(header: MapNode, report: Report): void {
  const place: Place = { report, owner: '', path: '', keyAt: header.at }
  const fields: Readonly<Record<string, Reader<unknown>>> = {
    inputs: (node, here) =>
      node.kind === 'map' ? undefined : wrong(node, here, { code: 'ciconfig.type', what: 'must be a map' }),
    component: listOf(choice('name', 'sha', 'version', 'reference')),
    description: text,
    include: (node, here) =>
      wrong(node, here, { code: 'ciconfig.unsupported', what: 'is not supported by this version' }),
  }
  readRecord(header, place, {
    spec: (node: Node, here: Place) => (node.kind === 'map' ? readRecord(node, here, fields) : undefined),
  })
}

type Spec = Partial<Values<typeof inputFields>>

interface Declared {
  readonly name: string
  readonly node: Node
  readonly place: Place
}

function resolveInput(
  { name, node, place }: Declared,
  { given, at, report }: InputsContext,
): Written | undefined {
  if (node.kind !== 'map' && !isNull(node))
    return wrong(node, place, { code: 'ciconfig.inputs', what: 'must be a map' })
  const spec: Spec = node.kind === 'map' ? readRecord(node, place, inputFields) : {}
  const gave = given.get(name)
  const value = gave?.value ?? defaultOf(node)
  if (value === undefined) {
    report.problem(at, 'ciconfig.inputs', `the input ${name} is required and has no value`)
    return undefined
  }
  const complaint = complaintOf(value, spec)
  if (complaint === undefined) return value
  report.problem(gave?.at ?? place.keyAt, 'ciconfig.inputs', `the input ${name} ${complaint}`)
  return undefined
}

/** Undefined without one: the input is required. */
function defaultOf(node: Node): Written | undefined {
  const entry = node.kind === 'map' ? node.entries.get('default') : undefined
  return entry && writtenOf(entry.value)
}

function complaintOf(value: Written, { type = 'string', options, regex }: Spec): string | undefined {
  if (!isOfType(value, type))
    return `must be ${type === 'array' ? 'an array' : `a ${type}`}, not ${shown(value)}`
  if (options !== undefined && !options.some((option) => JSON.stringify(option) === JSON.stringify(value)))
    return `is ${shown(value)}, which is not one of its options: ${options.map(shown).join(', ')}`
  return regex === undefined ? undefined : patternComplaint(value, { regex })
}

function patternComplaint(value: Written, { regex }: { readonly regex: string }): string | undefined {
  if (typeof value !== 'string') return 'has a regex, which only strings have'
  const pattern = linearPattern(regex.replace(/^\/(.*)\/$/s, '$1'))
  if (pattern === undefined) return 'has a regex that RE2 does not take'
  return pattern.matches(value) ? undefined : `is ${shown(value)}, which does not match ${regex}`
}

function isOfType(value: Written, type: Type): boolean {
  return type === 'array' ? Array.isArray(value) : typeof value === type
}

function shown(value: Written): string {
  return JSON.stringify(value).slice(0, 80)
}

/** `include:inputs`. */
export function givenInputs(node: MapNode): GivenInputs {
  return new Map(
    [...node.entries].map(([name, { keyAt, value }]) => [name, { value: writtenOf(value), at: keyAt }]),
  )
}
