import { mapNode, type MapNode, type Node } from './nodes.ts'
import type { Position } from './report.ts'

/** One map of all files: a later file wins over the ones before it. Every node keeps the file in which it stands. */
export function mergeFiles(files: readonly MapNode[], start: Position): MapNode {
  return files.reduce(deepMerge, mapNode(start, new Map()))
}

/** Maps merge, lists and scalars replace; `over` wins. A null in it stays, and means that the key is absent. */
export function deepMerge(base: MapNode, over: MapNode): MapNode {
  const entries = new Map(base.entries)
  for (const [name, entry] of over.entries) {
    const below = entries.get(name)?.value
    entries.set(name, { keyAt: entry.keyAt, value: mergedValue(below, entry.value) })
  }
  return mapNode(over.at, entries)
}

function mergedValue(below: Node | undefined, above: Node): Node {
  return below?.kind === 'map' && above.kind === 'map' ? deepMerge(below, above) : above
}
