import { isMap, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from 'yaml'
import type { Edit } from '../../lint/index.ts'
import { isOurInclude, type IncludeEntry } from '../target.ts'
import {
  endOf,
  indentOf,
  insertion,
  isShared,
  lineEnd,
  lineStart,
  pairOf,
  PIPELINE_PATH,
  type YamlFile,
} from './yaml-file.ts'

const BY_HAND = 'write include as a list first'

/** The entry in lines, each with the indent; the first begins with `- `. */
export function entryLines({ kind, location, inputs }: IncludeEntry): readonly string[] {
  if (inputs.length === 0) return [`- ${kind}: ${location}`]
  return [`- ${kind}: ${location}`, '  inputs:', ...inputs.map(([name, value]) => `    ${name}: ${value}`)]
}

function entryInBrackets({ kind, location, inputs }: IncludeEntry): string {
  const given = inputs.map(([name, value]) => `${name}: "${value}"`).join(', ')
  return `{${kind}: "${location}"${inputs.length === 0 ? '' : `, inputs: {${given}}`}}`
}

/** What is included already, of the component or a copy of it. */
export function ownInclude(file: YamlFile): string | undefined {
  const value = pairOf(file, 'include')?.value ?? null
  const items: readonly unknown[] = isSeq(value) ? value.items : [value]
  return items.flatMap(locationsIn).find(isOurInclude)
}

function locationsIn(item: unknown): readonly string[] {
  if (isScalar(item)) return [String(item.value)]
  if (!isMap(item)) return []
  return ['component', 'local'].map((key) => item.get(key)).filter((value) => typeof value === 'string')
}

/** The edits that add an entry to the `include` that the file has. Throws `init.pipeline` for forms that are rare. */
export function includeEdits(file: YamlFile, entry: IncludeEntry): readonly Edit[] {
  const pair = pairOf(file, 'include')
  if (pair === undefined) return []
  const [keyAt = 0, keyEnd = 0] = pair.key.range ?? []
  const indent = `${indentOf(file.text, keyAt)}  `
  return editsFor(pair.value, { file, entry, keyAt, keyEnd, indent })
}

interface Context {
  readonly file: YamlFile
  readonly entry: IncludeEntry
  readonly keyAt: number
  readonly keyEnd: number
  /** Of a list below the key. */
  readonly indent: string
}

function editsFor(value: Node | null, context: Context): readonly Edit[] {
  const { file, keyAt, keyEnd, indent } = context
  if (isNothing(value)) return [behindLine(keyEnd, indent, context)]
  if (isShared(value)) throw file.fail(keyAt, `include is shared with other places; ${BY_HAND}`)
  if (isSeq(value)) return value.flow === true ? inBrackets(value, context) : behindItems(value, context)
  if (isMap(value) && value.flow !== true) return mapAsItem(value, context)
  return valueAsItem(value, context)
}

function isNothing(value: Node | null): value is null {
  return value === null || (isScalar(value) && value.source === '')
}

/** Behind the line on which something ends, whatever comment is on it. */
function behindLine(offset: number, indent: string, { file, entry }: Context): Edit {
  const at = lineEnd(file.text, offset)
  return insertion(
    at,
    entryLines(entry)
      .map((line) => `${file.eol}${indent}${line}`)
      .join(''),
  )
}

function behindItems(list: YAMLSeq, context: Context): readonly Edit[] {
  const { text } = context.file
  const start = list.range?.[0] ?? 0
  return [behindLine(endOf(list, text) ?? start, indentOf(text, start), context)]
}

function inBrackets(list: YAMLSeq, { file, entry }: Context): readonly Edit[] {
  const last = endOf((list.items.at(-1) ?? null) as Node | null, file.text)
  const at = last ?? (list.range?.[0] ?? 0) + 1
  return [insertion(at, `${last === undefined ? '' : ', '}${entryInBrackets(entry)}`)]
}

/** `include: a.yml`, or a map in braces, becomes the first of a list. */
function valueAsItem(value: Node, context: Context): readonly Edit[] {
  const { file, keyEnd, indent } = context
  const [from = keyEnd] = value.range ?? []
  const end = endOf(value, file.text) ?? from
  if (
    file.text.slice(from, end).includes('\n') ||
    (isScalar(value) && value.type?.startsWith('BLOCK') === true)
  )
    throw file.fail(from, `include goes over several lines; ${BY_HAND}`)
  let gap = from
  while (/[ \t\r\n]/.test(file.text[gap - 1] ?? '')) gap -= 1
  return [
    { file: PIPELINE_PATH, from: gap, to: from, text: `${file.eol}${indent}- ` },
    behindLine(end, indent, context),
  ]
}

/** The map that stands below `include` becomes the first of a list: two more spaces before each of its lines. */
function mapAsItem(map: YAMLMap, context: Context): readonly Edit[] {
  const { text } = context.file
  const from = map.range?.[0] ?? 0
  const end = endOf(map, text) ?? from
  const edits: Edit[] = [insertion(from, '- ')]
  for (let at = text.indexOf('\n', from) + 1; at > 0 && at < end; at = text.indexOf('\n', at) + 1)
    if (text.slice(at, lineEnd(text, at)).trim() !== '') edits.push(insertion(at, '  '))
  return [...edits, behindLine(end, indentOf(text, from), context)]
}

/** Where a new keyword goes: above the first, and above the comment that belongs to it. */
export function topOf({ root, text }: YamlFile): number {
  const first = root?.items[0]?.key.range?.[0]
  if (first === undefined) return text.length
  let at = lineStart(text, first)
  while (at > 0) {
    const above = lineStart(text, at - 1)
    if (!/^\uFEFF?[ \t]*#/.test(text.slice(above, at))) break
    at = above
  }
  return at === 0 && text.startsWith('\uFEFF') ? 1 : at
}
