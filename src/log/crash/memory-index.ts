import { encodeHex } from '../../base/index.ts'
import type { KeyIndex, KeyRow } from '../files.ts'

/** A disk of its own for the index of keys, for the tests of the log. */
export interface MemoryIndex extends KeyIndex {
  /** What a crash leaves that takes the newest `count` calls of `add`; this one goes on for nobody. */
  crashed(count: number): MemoryIndex
}

interface Add {
  readonly rows: readonly KeyRow[]
  readonly mark: number
}

export function createMemoryIndex(start: readonly Add[] = []): MemoryIndex {
  const adds: Add[] = []
  const byKey = new Map<string, number[]>()
  const add = (one: Add): void => {
    adds.push(one)
    for (const { key, index } of one.rows) {
      const known = byKey.get(encodeHex(key)) ?? []
      if (!known.includes(index))
        byKey.set(
          encodeHex(key),
          [...known, index].toSorted((a, b) => a - b),
        )
    }
  }
  for (const one of start) add(one)
  return {
    mark: async () => adds.at(-1)?.mark ?? 0,
    add: async (rows, mark) => add({ rows, mark }),
    find: async (key, { from, limit }) =>
      (byKey.get(encodeHex(key)) ?? []).filter((index) => index >= from).slice(0, limit),
    crashed: (count) => createMemoryIndex(adds.slice(0, Math.max(0, adds.length - count))),
  }
}
