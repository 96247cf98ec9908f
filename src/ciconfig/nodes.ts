import type { Position } from './report.ts'

/** YAML as a file has it: merge keys and aliases are resolved, every node knows in which file it stands, and where. */
export type SourceNode = ScalarNode | ReferenceNode | ListNode<SourceNode> | MapNode<SourceNode>
export type SourceMap = MapNode<SourceNode>

/** YAML as the readers see it: without references. */
export type Node = ScalarNode | ListNode | MapNode

interface Extent {
  readonly at: Position
  /** Nodes of the subtree as they are walked: a node with two aliases counts three times. */
  readonly size: number
  readonly height: number
  /** Something in it was reported and left out: what seems to be missing may not be. */
  readonly isPartial?: true
}

export interface ScalarNode extends Extent {
  readonly kind: 'scalar'
  /** Whole numbers are bigint, others number. */
  readonly value: string | bigint | number | boolean | null
  readonly source: string
}

/** `!reference [job, key]`: what stands under those keys. */
export interface ReferenceNode extends Extent {
  readonly kind: 'reference'
  readonly keys: readonly string[]
}

export interface ListNode<Item = Node> extends Extent {
  readonly kind: 'list'
  readonly items: readonly Item[]
}

export interface MapNode<Value = Node> extends Extent {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, Entry<Value>>
}

export interface Entry<Value = Node> {
  readonly keyAt: Position
  readonly value: Value
}

export function mapNode<Value extends SourceNode>(
  at: Position,
  entries: ReadonlyMap<string, Entry<Value>>,
): MapNode<Value> {
  return withExtent({ kind: 'map', at, entries }, valuesOf(entries))
}

export function listNode<Item extends SourceNode>(at: Position, items: readonly Item[]): ListNode<Item> {
  return withExtent({ kind: 'list', at, items }, items)
}

/** The node, from which something was left out. */
export function partial<N extends SourceNode>(node: N): N {
  return { ...node, isPartial: true }
}

/** The node, partial if one of those it was made from was. */
export function madeFrom<N extends SourceNode>(node: N, origins: readonly SourceNode[]): N {
  return origins.some((origin) => origin.isPartial === true) ? partial(node) : node
}

function* valuesOf<Value>(entries: ReadonlyMap<string, Entry<Value>>): Iterable<Value> {
  for (const entry of entries.values()) yield entry.value
}

function withExtent<Part>(
  part: Part,
  children: Iterable<Extent>,
): Part & { readonly size: number; readonly height: number; readonly isPartial?: true } {
  let [size, height, isPartial] = [1, 0, false]
  for (const child of children) {
    size += child.size
    height = Math.max(height, child.height)
    isPartial ||= child.isPartial === true
  }
  return isPartial
    ? { ...part, size, height: height + 1, isPartial: true }
    : { ...part, size, height: height + 1 }
}

export function isNull(node: SourceNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

/** A scalar as Ruby writes it, which is what GitLab puts into a variable: 1.0 is `1.0`, 010 is `8`, yes is `true`. */
export function scalarText({ value }: ScalarNode): string {
  return typeof value === 'number' ? rubyFloat(value) : String(value)
}

function rubyFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) return rubyExponent(value)
  const text = String(value)
  return text.includes('.') ? text : `${text}.0`
}

function rubyExponent(value: number): string {
  const [digits = '', exponent = '0'] = value.toExponential().split('e')
  const sign = exponent.startsWith('-') ? '-' : '+'
  return `${digits.includes('.') ? digits : `${digits}.0`}e${sign}${exponent.slice(1).padStart(2, '0')}`
}
