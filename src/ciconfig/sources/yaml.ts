import { isAlias, isMap, isScalar, isSeq, Lexer, parseDocument, type Document, type Pair } from 'yaml'
import type { Alias, Node as YamlNode, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import type { ProblemCode } from '../errors.ts'
import {
  listNode,
  mapNode,
  partial,
  type Entry,
  type ReferenceNode,
  type ScalarNode,
  type SourceMap,
  type SourceNode,
} from '../nodes.ts'
import type { Position, Report } from '../report.ts'
import { Places } from './places.ts'
import { hasForeignTag, isUnfit, kindOf, scalarValue, symbolName } from './scalars.ts'

/** GitLab's limits for one file, and one against alias bombs. */
const MAX_BYTES = 1024 * 1024
const MAX_DEPTH = 100
const MAX_NODES = 100_000
const TOO_DEEP = `nested deeper than ${MAX_DEPTH} levels`

/** The lists and maps in brackets that a file may have: the library reports each wrong one, which costs time. */
const MAX_BRACKETS = 20_000

/** The map of a file, or undefined after reporting why there is none. */
export function parseYaml(file: string, text: string, report: Report): SourceMap | undefined {
  return parseText(text, new Places(file, text), report)
}

/** The same of a text that stands in a file, or was made of one: `places` says where in it. */
export function parseText(text: string, places: Places, report: Report): SourceMap | undefined {
  const tooLarge = sizeProblem(text)
  if (tooLarge !== undefined) {
    report.problem(places.start, 'ciconfig.yaml', tooLarge)
    return undefined
  }
  const document = parse(text, { places, report })
  if (document === undefined) return undefined
  const root = new Converter(places, report).convert(document.contents, 0)
  if (root?.kind === 'map') return root
  if (root !== undefined)
    report.problem(root.at, 'ciconfig.type', 'the file must be a map of jobs and keywords')
  return undefined
}

function sizeProblem(text: string): string | undefined {
  if (Buffer.byteLength(text) > MAX_BYTES) return `the file is larger than ${MAX_BYTES} bytes`
  if ((text.match(/[[{]/g)?.length ?? 0) <= MAX_BRACKETS) return undefined
  let brackets = 0
  for (const token of new Lexer().lex(text)) {
    if ((token === '[' || token === '{') && ++brackets > MAX_BRACKETS)
      return `more than ${MAX_BRACKETS} lists and maps in brackets`
  }
  return undefined
}

/** The one tag that GitLab adds to YAML. */
const REFERENCE = '!reference'

/** What libyaml refuses and the library takes: control characters, and directives of other versions. */
// eslint-disable-next-line no-control-regex
const UNFIT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]|^%(?!YAML 1\.\d+\s)/m

/** Names of anchors as libyaml takes them. */
const ANCHOR = /^[\w-]+$/

function parse(
  text: string,
  { places, report }: { places: Places; report: Report },
): Document.Parsed | undefined {
  const unfit = UNFIT.exec(text)
  if (unfit !== null) {
    const what = unfit[0].startsWith('%') ? 'a directive other than %YAML 1.1' : 'a control character'
    report.problem(places.at(unfit.index), 'ciconfig.yaml', `${what} is not supported`)
    return undefined
  }
  const document = parseDocument(text, {
    version: '1.1',
    // Scalars are texts to the library: what Psych makes of them is ours to say.
    schema: 'failsafe',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  for (const { code, message, pos } of document.errors)
    reportYaml({ code, message, at: places.at(pos[0]) }, report)
  return document.errors.length === 0 ? document : undefined
}

function reportYaml(error: { code: string; message: string; at: Position }, report: Report): void {
  if (error.code === 'RESOURCE_EXHAUSTION') report.problem(error.at, 'ciconfig.yaml', TOO_DEEP)
  else report.problem(error.at, 'ciconfig.yaml', lowerFirst(error.message))
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

/** Library nodes to ours, in the order of the file, so that an alias finds the last anchor above it. */
class Converter {
  readonly #places: Places
  readonly #report: Report
  /** undefined while the anchored node is still being read: an alias inside would be endless. */
  readonly #anchors = new Map<string, SourceNode | undefined>()
  #isTooLarge = false

  constructor(places: Places, report: Report) {
    this.#places = places
    this.#report = report
  }

  convert(node: unknown, depth: number): SourceNode | undefined {
    if (this.#isTooLarge) return undefined
    if (node === null || node === undefined) return emptyScalar(this.#places.start)
    if (isAlias(node)) return this.#checked(this.#alias(node), depth)
    const { anchor } = node as { anchor?: string }
    if (anchor === undefined) return this.#checked(this.#plain(node as YamlNode, depth), depth)
    return this.#anchored(node as YamlNode, { anchor, depth })
  }

  #anchored(node: YamlNode, { anchor, depth }: { anchor: string; depth: number }): SourceNode | undefined {
    if (!ANCHOR.test(anchor))
      return this.#fail(node, 'ciconfig.yaml', `&${anchor} is not a name of letters, digits, - and _`)
    this.#anchors.set(anchor, undefined)
    const converted = this.#checked(this.#plain(node, depth), depth)
    // An anchor of the same name inside is the later one.
    if (this.#anchors.get(anchor) === undefined) this.#anchors.set(anchor, converted)
    return converted
  }

  #plain(node: YamlNode, depth: number): SourceNode | undefined {
    if (depth >= MAX_DEPTH) return this.#tooLarge(node, TOO_DEEP)
    if (node.tag === REFERENCE) return this.#reference(node)
    if (hasForeignTag(node))
      return this.#fail(node, 'ciconfig.unsupported', `the tag ${node.tag} is not supported`)
    if (isMap(node)) return this.#map(node, depth)
    return isSeq(node) ? this.#list(node, depth) : this.#scalar(node as Scalar)
  }

  /** Which texts may be keys is as in GitLab: strings, written as they are. */
  #reference(node: YamlNode): ReferenceNode | undefined {
    const items: readonly unknown[] = isSeq(node) ? node.items : []
    const keys = items.map((item) => (isScalar(item) ? scalarValue(item) : undefined))
    if (keys.length === 0 || !keys.every((key) => typeof key === 'string'))
      return this.#fail(node, 'ciconfig.reference', `${REFERENCE} must be a list of strings: [job, keyword]`)
    return { kind: 'reference', at: this.#at(node), keys, size: 1 + keys.length, height: 1 }
  }

  #alias(alias: Alias): SourceNode | undefined {
    const target = this.#anchors.get(alias.source)
    return target ?? this.#fail(alias, 'ciconfig.yaml', `the alias *${alias.source} has no anchor before it`)
  }

  #checked(node: SourceNode | undefined, depth: number): SourceNode | undefined {
    if (node === undefined || (node.size <= MAX_NODES && depth + node.height <= MAX_DEPTH + 1)) return node
    const what = node.size > MAX_NODES ? `more than ${MAX_NODES} values` : TOO_DEEP
    this.#isTooLarge = true
    this.#report.problem(node.at, 'ciconfig.yaml', `${what}, aliases counted`)
    return undefined
  }

  #list(list: YAMLSeq, depth: number): SourceNode {
    const items = list.items.map((item) => this.convert(item, depth + 1)).filter((item) => item !== undefined)
    const node = listNode(this.#at(list), items)
    return items.length < list.items.length ? partial(node) : node
  }

  #map(map: YAMLMap, depth: number): SourceNode {
    const entries = new Map<string, Entry<SourceNode>>()
    const isTaken = map.items.map((pair) => this.#pair(pair, { depth, entries }))
    const node = mapNode(this.#at(map), entries)
    return isTaken.includes(false) ? partial(node) : node
  }

  /** False where the pair is left out because something was reported. */
  #pair(pair: Pair, { depth, entries }: { depth: number; entries: Map<string, Entry<SourceNode>> }): boolean {
    const { key } = pair
    if (!isScalar(key)) {
      this.#fail(key as YamlNode, 'ciconfig.yaml', 'a key must be a string')
      return false
    }
    const name = this.#name(key, depth)
    const keyAt = this.#at(key)
    const value = pair.value === null ? emptyScalar(keyAt) : this.convert(pair.value, depth + 1)
    if (value === undefined || name === undefined) return false
    if (name === '<<' && key.tag === undefined)
      return this.#merge({ value, isList: isSeq(pair.value), entries })
    this.#add({ name, entry: { keyAt, value }, entries })
    return true
  }

  /** Numbers are names of variables and the like, at the top of a file of nothing; what else is no text is none. */
  #name(key: Scalar, depth: number): string | undefined {
    const value = scalarValue(key)
    if (typeof value === 'string') {
      if (key.anchor !== undefined) this.#anchors.set(key.anchor, this.#scalar(key))
      return value
    }
    if (typeof value === 'bigint' && depth > 0) return String(value)
    const source = String(key.value)
    if (typeof value === 'object' && value?.readAs === 'a symbol') return symbolName(source)
    return this.#fail(key, 'ciconfig.yaml', `the key ${source} is read as ${kindOf(value)}; quote it`)
  }

  #add({
    name,
    entry,
    entries,
  }: {
    name: string
    entry: Entry<SourceNode>
    entries: Map<string, Entry<SourceNode>>
  }): void {
    if (entries.get(name)?.keyAt !== undefined && !this.#merged.has(entries.get(name) as Entry<SourceNode>))
      this.#report.warning(entry.keyAt, 'ciconfig.duplicate-key', `${name} appears twice; this one counts`)
    entries.set(name, entry)
  }

  /** Entries that came by `<<`: writing them anew is what merge keys are for. */
  readonly #merged = new WeakSet<Entry<SourceNode>>()

  /** Psych, which GitLab reads with, merges where `<<` stands: keys above it are overwritten, keys below overwrite. */
  #merge({
    value,
    isList,
    entries,
  }: {
    value: SourceNode
    /** A list that an alias stands for is not merged. */
    isList: boolean
    entries: Map<string, Entry<SourceNode>>
  }): boolean {
    const sources = value.kind === 'list' && isList ? value.items.toReversed() : [value]
    for (const source of sources) {
      if (source.kind === 'map') this.#copy(source, entries)
      else this.#report.problem(source.at, 'ciconfig.yaml', '<< must merge a map or a list of maps')
    }
    return value.isPartial !== true && sources.every((source) => source.kind === 'map')
  }

  #copy(source: SourceMap, entries: Map<string, Entry<SourceNode>>): void {
    for (const [name, { keyAt, value }] of source.entries) {
      const copy = { keyAt, value }
      this.#merged.add(copy)
      entries.set(name, copy)
    }
  }

  #scalar(scalar: Scalar): SourceNode | undefined {
    const at = this.#at(scalar)
    const source = scalar.source ?? ''
    const value = scalarValue(scalar)
    if (!isUnfit(value)) return { kind: 'scalar', at, value, source, size: 1, height: 1 }
    return this.#fail(scalar, 'ciconfig.yaml', `${source} is read as ${value.readAs}; quote it`)
  }

  #at(node: YamlNode): Position {
    return this.#places.at(node.range?.[0] ?? 0)
  }

  #fail(node: YamlNode, code: ProblemCode, message: string): undefined {
    this.#report.problem(this.#at(node), code, message)
  }

  #tooLarge(node: YamlNode, message: string): undefined {
    this.#isTooLarge = true
    return this.#fail(node, 'ciconfig.yaml', message)
  }
}

function emptyScalar(at: Position): ScalarNode {
  return { kind: 'scalar', at, value: null, source: '', size: 1, height: 1 }
}
