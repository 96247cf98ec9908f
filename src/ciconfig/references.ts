import { didYouMean } from './nearest.ts'
import {
  listNode,
  madeFrom,
  mapNode,
  partial,
  type Entry,
  type ListNode,
  type MapNode,
  type Node,
  type ReferenceNode,
  type SourceMap,
  type SourceNode,
} from './nodes.ts'
import type { Message, Report } from './report.ts'

/** Levels of the result, and of references through references. */
const MAX_DEPTH = 100

const MAX_SHOWN_LENGTH = 255

/** Values of the whole pipeline, those counted again that are referred to again: what the readers walk. */
const MAX_VALUES = 2_000_000

/**
 * The pipeline's map with every `!reference` replaced by what it names, as GitLab's `Yaml::Tags::Resolver` does it:
 * after `extends`, so that a reference sees what a job has inherited; what it names may hold references again. A list
 * in a list stays one; keywords that take scripts flatten it.
 */
export function resolveReferences(root: SourceMap, report: Report): MapNode {
  const resolved = new Resolver(root, report).map(root, 0)
  if (resolved.size <= MAX_VALUES) return resolved
  report.problem(
    root.at,
    'ciconfig.reference',
    `more than ${MAX_VALUES} values, extended and referred to ones counted`,
  )
  return mapNode(root.at, new Map())
}

class Resolver {
  readonly #root: SourceMap
  readonly #report: Report
  /** undefined for one that was reported. */
  readonly #done = new Map<ReferenceNode, Node | undefined>()
  readonly #open = new Set<ReferenceNode>()
  #valuesNamed = 0
  #hasTooMuch = false

  constructor(root: SourceMap, report: Report) {
    this.#root = root
    this.#report = report
  }

  map(map: SourceMap, depth: number): MapNode {
    const entries = new Map<string, Entry>()
    let isSame = true
    for (const [name, { keyAt, value }] of map.entries) {
      const resolved = this.#resolve(value, depth + 1)
      isSame &&= resolved === value
      if (resolved !== undefined) entries.set(name, { keyAt, value: resolved })
    }
    // Most maps have no reference in them and need no copy.
    if (isSame) return map as MapNode
    const resolved = madeFrom(mapNode(map.at, entries), [map])
    return entries.size < map.entries.size ? partial(resolved) : resolved
  }

  #resolve(node: SourceNode, depth: number): Node | undefined {
    if (node.kind === 'scalar') return node
    if (node.kind === 'list') return this.#list(node, depth)
    return node.kind === 'map' ? this.map(node, depth) : this.#reference(node, depth)
  }

  #list(list: ListNode<SourceNode>, depth: number): ListNode {
    const items = list.items
      .map((item) => this.#resolve(item, depth + 1))
      .filter((item) => item !== undefined)
    if (items.length === list.items.length && items.every((item, index) => item === list.items[index]))
      return list as ListNode
    const resolved = listNode(list.at, items)
    return items.length < list.items.length ? partial(resolved) : resolved
  }

  #reference(reference: ReferenceNode, depth: number): Node | undefined {
    if (this.#open.has(reference)) return this.#fail(reference, 'is part of a circle')
    if (!this.#done.has(reference)) {
      this.#open.add(reference)
      this.#done.set(reference, this.#named(reference, depth))
      this.#open.delete(reference)
    }
    const resolved = this.#done.get(reference)
    if (resolved === undefined || depth + resolved.height <= MAX_DEPTH + 1) return resolved
    return this.#fail(reference, `is nested deeper than ${MAX_DEPTH} levels`)
  }

  /** GitLab follows the keys before it resolves what they lead to: there is no way through another reference. */
  #named(reference: ReferenceNode, depth: number): Node | undefined {
    if (depth > MAX_DEPTH) return this.#fail(reference, `is nested deeper than ${MAX_DEPTH} levels`)
    let node: SourceNode = this.#root
    for (const key of reference.keys) {
      const names: ReadonlyMap<string, Entry<SourceNode>> = node.kind === 'map' ? node.entries : new Map()
      const entry = names.get(key)
      if (entry === undefined)
        return this.#fail(reference, () => `could not be found${didYouMean(key, names.keys())}`)
      node = entry.value
    }
    // Before they are walked: each reference makes a copy, so that many to one large list would cost time and memory.
    this.#valuesNamed += node.size
    if (this.#valuesNamed > MAX_VALUES) return this.#tooMuch(reference)
    return this.#placed(this.#resolve(node, depth + 1), reference)
  }

  /** As in GitLab, null and false count as not found. A list or map of the wrong kind is the mistake of who refers to it. */
  #placed(resolved: Node | undefined, reference: ReferenceNode): Node | undefined {
    if (resolved?.kind !== 'scalar')
      return resolved === undefined ? undefined : { ...resolved, at: reference.at }
    if (resolved.value !== null && resolved.value !== false) return resolved
    return this.#fail(reference, `could not be found: it is ${String(resolved.value)}`)
  }

  #tooMuch(reference: ReferenceNode): undefined {
    if (!this.#hasTooMuch)
      this.#fail(reference, `names, with those before it, more than ${MAX_VALUES} values`)
    this.#hasTooMuch = true
  }

  #fail({ keys, at }: ReferenceNode, what: Message): undefined {
    const shown = keys.join(', ').slice(0, MAX_SHOWN_LENGTH)
    const message = (): string => `!reference [${shown}] ${typeof what === 'string' ? what : what()}`
    this.#report.problem(at, 'ciconfig.reference', message)
  }
}
