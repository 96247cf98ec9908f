import { mapNode, type MapNode, type SourceMap } from '../nodes.ts'
import type { Written } from '../read/fields.ts'
import { resolveReferences } from '../references.ts'
import type { Scope } from '../scope.ts'
import { createReport, type Position, type Report } from '../report.ts'
import { resolveInputs, type GivenInputs } from './inputs.ts'
import { interpolate } from './interpolate.ts'
import { Places } from './places.ts'
import type { ParsedTexts } from './parsed-texts.ts'
import type { ComponentFacts } from './sources.ts'
import { parseText, parseYaml } from './yaml.ts'

export interface FileContext {
  readonly file: string
  readonly report: Report
  readonly given: GivenInputs
  /** Where its values are missed. */
  readonly at: Position
  readonly variables: Scope
  readonly component: ComponentFacts | undefined
  readonly parsed: ParsedTexts
}

/** A text to the map of its content, its inputs put in; undefined after reporting why there is none. */
export function readFile(text: string, context: FileContext): SourceMap | undefined {
  const { report, given } = context
  const header = headerOf(text, context)
  if (header === undefined) {
    for (const [name, { at }] of given)
      report.problem(at, 'ciconfig.inputs', `the input ${name} is given, and the file declares no inputs`)
    return onlyDocument(text, context)
  }
  const before = report.problems.length
  const inputs = resolveInputs(header.spec, context)
  return report.problems.length > before
    ? undefined
    : contentOf(text.slice(header.end), { ...context, inputs, from: header.end, whole: text })
}

/** Dividers around the one document, and empty ones, are nothing. */
function onlyDocument(text: string, { file, report, parsed }: FileContext): SourceMap | undefined {
  const [only] = documentsOf(text)
  const parse = (own: Report): SourceMap | undefined => {
    if (only === undefined || only.text.length === text.length) return parseYaml(file, text, own)
    return parseText(only.text, new Places(file, text, (offset) => only.start + offset), own)
  }
  return parsed({ key: JSON.stringify([file, text]), report, parse })
}

interface Content extends FileContext {
  readonly inputs: ReadonlyMap<string, Written>
  /** Where the content begins in the whole text. */
  readonly from: number
  readonly whole: string
}

function contentOf(
  text: string,
  { file, report, parsed, variables, component, inputs, from, whole }: Content,
): SourceMap | undefined {
  const facts = new Map(Object.entries(component ?? {}))
  const result = interpolate(text, { inputs, component: facts, variables })
  const places = new Places(file, whole, (offset) => from + result.origin(offset))
  const original = new Places(file, whole)
  for (const { offset, what } of result.problems)
    report.problem(original.at(from + offset), 'ciconfig.inputs', what)
  if (result.problems.length > 0) return undefined
  const key = JSON.stringify([file, whole, result.text, [...inputs]], numbersAsText)
  return parsed({ key, report, parse: (own) => parseText(result.text, places, own) })
}

function numbersAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

/** `---` at the beginning of a line, as GitLab splits a file. */
const DIVIDER = /^---(?=\s|$)/gm

interface Part {
  readonly start: number
  readonly text: string
}

/** The documents of a file that are not empty. */
function documentsOf(text: string): readonly Part[] {
  const starts = [0, ...[...text.matchAll(DIVIDER)].map(({ index }) => index)]
  return starts
    .map((start, index): Part => ({ start, text: text.slice(start, starts[index + 1]) }))
    .filter((part) => /^(?!---)[^\S\n]*[^\s#]|^---[^\S\n]+[^\s#]/m.test(part.text))
}

interface Header {
  readonly spec: MapNode
  /** Where the content begins. */
  readonly end: number
}

/** The first document, if it has a `spec` and another one follows. */
function headerOf(text: string, { file, report }: FileContext): Header | undefined {
  const [first, second, ...more] = documentsOf(text)
  const isHeader = second !== undefined && first !== undefined && /^["']?spec["']?\s*:/m.test(first.text)
  const tooMany = isHeader ? more[0] : second
  if (tooMany !== undefined)
    report.problem(
      new Places(file, text).at(tooMany.start),
      'ciconfig.yaml',
      'one document too many: a file is one document, with a header that has spec before it or not',
    )
  if (!isHeader) return undefined
  const places = new Places(file, text, (offset) => first.start + offset)
  const parsed = parseText(first.text, places, report) ?? mapNode(places.start, new Map())
  return { spec: resolveReferences(parsed, createReport()), end: second.start }
}
