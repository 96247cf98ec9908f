import { madeFrom, mapNode, type SourceMap, type SourceNode } from './nodes.ts'
import type { Position } from './report.ts'

/** One map of all files: a later file wins over the ones before it. Every node keeps the file in which it stands. */
export function mergeFiles(files: readonly SourceMap[], start: Position): SourceMap {
  return files.reduce(deepMerge, mapNode(start, new Map()))
}

/** Maps merge, lists and scalars replace; `over` wins. A null in it stays, and means that the key is absent. */
export function deepMerge(base: SourceMap, over: SourceMap): SourceMap {
  const entries = new Map(base.entries)
  for (const [name, entry] of over.entries) {
    const below = entries.get(name)?.value
    entries.set(name, { keyAt: entry.keyAt, value: mergedValue(below, entry.value) })
  }
  return madeFrom(mapNode(over.at, entries), [base, over])
}

function mergedValue(below: SourceNode | undefined, above: SourceNode): SourceNode {
  return below?.kind === 'map' && above.kind === 'map' ? deepMerge(below, above) : above
}
