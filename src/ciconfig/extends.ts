import { deepMerge } from './merge.ts'
import { didYouMean } from './nearest.ts'
import {
  isNull,
  madeFrom,
  mapNode,
  partial,
  type Entry,
  type ScalarNode,
  type SourceMap,
  type SourceNode,
} from './nodes.ts'
import type { Message, Position, Report } from './report.ts'

/** GitLab refuses an `extends` with more than ten others above it: eleven from a job to its last template. */
const MAX_LEVELS = 11

/** Values that all merges of a pipeline read: a few bytes that extend a large template many times cost time and memory. */
const MAX_MERGED_VALUES = 1_000_000

interface Resolved {
  readonly node: SourceMap
  readonly levels: number
}

/** The file's map with every `extends` carried out and removed: maps merge, lists and scalars replace, the last parent wins. */
export function resolveExtends(root: SourceMap, report: Report): SourceMap {
  const resolver = new Resolver(root, report)
  const entries = new Map<string, Entry<SourceNode>>()
  for (const [name, entry] of root.entries) {
    const resolved = resolver.resolve(name, [])
    entries.set(name, resolved === undefined ? entry : { keyAt: entry.keyAt, value: resolved.node })
  }
  return mapNode(root.at, entries)
}

class Resolver {
  readonly #root: SourceMap
  readonly #report: Report
  readonly #done = new Map<string, Resolved | undefined>()
  #mergedValues = 0
  #hasTooMuch = false

  constructor(root: SourceMap, report: Report) {
    this.#root = root
    this.#report = report
  }

  /** `path` holds the names that are being resolved, the outermost first. */
  resolve(name: string, path: readonly string[]): Resolved | undefined {
    if (this.#done.has(name)) return this.#done.get(name)
    const value = this.#root.entries.get(name)?.value
    const resolved = value?.kind === 'map' ? this.#merge(value, [...path, name]) : undefined
    this.#done.set(name, resolved)
    return resolved
  }

  #merge(own: SourceMap, path: readonly string[]): Resolved {
    const bases = this.#parents(own, path).map((parent) => this.#base(parent, path))
    const levels = bases.reduce(
      (most, base) => (base === undefined ? most : Math.max(most, 1 + base.levels)),
      0,
    )
    const extendsAt = own.entries.get('extends')?.keyAt ?? own.at
    if (levels > MAX_LEVELS)
      this.#fail(extendsAt, `${path.at(-1)}: extends more than ${MAX_LEVELS} levels deep`)
    const nodes = bases.flatMap((base) => (base === undefined ? [] : [base.node]))
    const node = this.#mergeAll(nodes, { own: without(own, 'extends'), at: extendsAt })
    return { node: nodes.length < bases.length ? partial(node) : node, levels }
  }

  /** The parents in their order, then the job itself: the last wins. */
  #mergeAll(parents: readonly SourceMap[], { own, at }: { own: SourceMap; at: Position }): SourceMap {
    let merged: SourceMap | undefined
    for (const node of [...parents, own]) {
      if (merged !== undefined) this.#mergedValues += merged.size + node.size
      if (this.#mergedValues > MAX_MERGED_VALUES) return this.#tooMuch(own, at)
      merged = merged === undefined ? node : deepMerge(merged, node)
    }
    return merged ?? own
  }

  #tooMuch(own: SourceMap, at: Position): SourceMap {
    if (!this.#hasTooMuch)
      this.#fail(at, `extends merges more than ${MAX_MERGED_VALUES} values in this pipeline`)
    this.#hasTooMuch = true
    return partial(own)
  }

  #parents(own: SourceMap, path: readonly string[]): readonly ScalarNode[] {
    const value = own.entries.get('extends')?.value
    if (value === undefined || isNull(value)) return []
    const items = value.kind === 'list' ? value.items : [value]
    const names = items.filter(
      (item): item is ScalarNode => item.kind === 'scalar' && typeof item.value === 'string',
    )
    if (names.length !== items.length)
      this.#report.problem(
        value.at,
        'ciconfig.type',
        `${path.at(-1)}: extends must be a name or a list of names`,
      )
    return names
  }

  #base({ value, at }: ScalarNode, path: readonly string[]): Resolved | undefined {
    const [name, job] = [String(value), path.at(-1)]
    if (path.includes(name))
      return this.#fail(at, `${job}: extends ${name} in a circle: ${[...path, name].join(' → ')}`)
    if (path.length > MAX_LEVELS) return this.#fail(at, `${job}: extends more than ${MAX_LEVELS} levels deep`)
    if (this.#root.entries.get(name)?.value.kind === 'map') return this.resolve(name, path)
    const known = this.#root.entries.keys()
    return this.#fail(at, () => `${job}: extends ${name}, which does not exist${didYouMean(name, known)}`)
  }

  #fail(at: Position, message: Message): undefined {
    this.#report.problem(at, 'ciconfig.extends', message)
  }
}

function without(map: SourceMap, name: string): SourceMap {
  if (!map.entries.has(name)) return map
  return madeFrom(mapNode(map.at, new Map([...map.entries].filter(([key]) => key !== name))), [map])
}
