import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml'
import type { Edit } from '../../lint/index.ts'
import { initErrors } from '../errors.ts'

export const PIPELINE_PATH = '.gitlab-ci.yml'

/** The text of a pipeline, with its top level, and how its lines end. */
export interface YamlFile {
  readonly text: string
  readonly eol: string
  /** Undefined where the file holds nothing but comments. */
  readonly root: YAMLMap<Node, Node | null> | undefined
  fail(offset: number, fact: string): Error
}

/** Throws `init.pipeline` with line and column for what is not YAML, or not a map in lines. */
export function readYaml(text: string): YamlFile {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, {
    version: '1.1',
    schema: 'failsafe',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter: lines,
  })
  const fail = (offset: number, fact: string): Error => {
    const { line, col } = lines.linePos(offset)
    return initErrors('init.pipeline', `${PIPELINE_PATH}:${line}:${col}: ${fact}`)
  }
  const parsed: readonly Document.Parsed[] = Array.isArray(documents) ? documents : []
  const [error] = parsed.flatMap(({ errors }) => errors)
  if (error !== undefined) throw fail(error.pos[0], lowerFirst(error.message))
  // A header with inputs is a document of its own before the pipeline.
  const contents = parsed.at(-1)?.contents ?? null
  const file = { text, eol: eolOf(text), fail }
  if (contents === null || (isScalar(contents) && contents.source === '')) return { ...file, root: undefined }
  if (!isMap(contents)) throw fail(contents.range[0], 'the file is not a map of jobs and keywords')
  if (contents.flow === true)
    throw fail(contents.range[0], 'the file is written as one map in braces, which is not changed here')
  return { ...file, root: contents }
}

export function insertion(at: number, text: string): Edit {
  return { file: PIPELINE_PATH, from: at, to: at, text }
}

function eolOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n'
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

/** Of a key that is written twice the last counts. */
export function pairOf({ root }: YamlFile, name: string): Pair<Node, Node | null> | undefined {
  return root?.items.findLast(({ key }) => isScalar(key) && key.value === name)
}

/** What is changed here would change elsewhere too, or is written elsewhere. */
export function isShared(value: Node): boolean {
  if (isAlias(value)) return true
  const { anchor, tag } = value as { readonly anchor?: string; readonly tag?: string }
  return anchor !== undefined || tag === '!reference'
}

/** Behind the last character of a node that is not space, comment or line break. */
export function endOf(node: Node | null, text: string): number | undefined {
  if (node === null) return undefined
  if (isCollection(node) && node.flow !== true) {
    const last: unknown = node.items.at(-1)
    if (isPair(last)) return endOf(last.value as Node | null, text) ?? endOf(last.key as Node, text)
    return endOf(last as Node | null, text)
  }
  let end = node.range?.[1]
  while (end !== undefined && /\s/.test(text[end - 1] ?? 'x')) end -= 1
  return end
}

/** The end of the line of an offset, before its line break: behind a comment. */
export function lineEnd(text: string, offset: number): number {
  const found = text.indexOf('\n', offset)
  if (found < 0) return text.length
  return text[found - 1] === '\r' && found - 1 >= offset ? found - 1 : found
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}

/** Spaces before an offset of its line; what else stands there counts as spaces. */
export function indentOf(text: string, offset: number): string {
  return ' '.repeat(text.slice(lineStart(text, offset), offset).replace(/^\uFEFF/, '').length)
}
