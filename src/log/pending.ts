import type { LogEntry } from './entry.ts'

/** The entries that are not in a bundle on disk yet, with their keys. */
export interface Pending {
  /** Index of the first one. */
  readonly applied: number
  /** Index behind the last one. */
  readonly end: number
  add(entry: LogEntry, keys: readonly Uint8Array[]): void
  entries(from: number, to: number): readonly LogEntry[]
  keys(index: number): readonly Uint8Array[]
  /** Ascending. */
  find(key: Uint8Array): readonly number[]
  /** Forgets what stands below `applied`. */
  settle(applied: number): void
}

/** As much of a key as the index keeps; a hit is compared with the leaf. */
export const KEY_BYTES = 16

interface Kept {
  readonly entry: LogEntry
  readonly keys: readonly Uint8Array[]
}

export function createPending(start: number): Pending {
  let applied = start
  const kept: Kept[] = []
  const byKey = new Map<string, number[]>()
  const forget = (index: number, keys: readonly Uint8Array[]): void => {
    for (const key of keys) {
      const others = byKey.get(nameOf(key))?.filter((one) => one !== index) ?? []
      if (others.length === 0) byKey.delete(nameOf(key))
      else byKey.set(nameOf(key), others)
    }
  }
  return {
    get applied() {
      return applied
    },
    get end() {
      return applied + kept.length
    },
    add: (entry, keys) => {
      const index = applied + kept.push({ entry, keys }) - 1
      for (const key of keys) byKey.set(nameOf(key), [...(byKey.get(nameOf(key)) ?? []), index])
    },
    entries: (from, to) =>
      kept.slice(Math.max(0, from - applied), Math.max(0, to - applied)).map(({ entry }) => entry),
    keys: (index) => kept[index - applied]?.keys ?? [],
    find: (key) => byKey.get(nameOf(key)) ?? [],
    settle: (next) => {
      for (const [at, { keys }] of kept.splice(0, next - applied).entries()) forget(applied + at, keys)
      applied = next
    },
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, KEY_BYTES).toString('latin1')
}
