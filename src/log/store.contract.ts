import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8 } from '../base/index.ts'
import { leafHash } from '../formats/merkle/index.ts'
import type { LogStore, NewLeaf } from './store.ts'

export interface OpenLogStore {
  readonly store: LogStore
  /** Another log of the same backend. */
  readonly other: LogStore
  close(): Promise<void>
}

/** What every backend of `LogStore` must do. */
export function describeLogStore(name: string, open: () => Promise<OpenLogStore>): void {
  describe(`LogStore: ${name}`, () => {
    let opened: OpenLogStore
    beforeEach(async () => {
      opened = await open()
    })
    afterEach(() => opened.close())

    it('is empty before its first leaf', async () => {
      expect(await opened.store.size()).toBe(0)
      expect(await opened.store.leaf(0)).toBeUndefined()
      expect(await opened.store.find(leafHash(utf8('a')))).toBeUndefined()
      expect(await opened.store.node(0, 0)).toBeUndefined()
    })

    it('gives back leaf, index and nodes of what was committed', async () => {
      const first = leaf(0, 'a')
      await opened.store.commit(first)
      expect(await opened.store.size()).toBe(1)
      expect(await opened.store.leaf(0)).toEqual({ index: 0, bytes: first.bytes, timeMs: 1000 })
      expect(await opened.store.find(first.hash)).toBe(0)
      expect(await opened.store.node(0, 0)).toEqual(first.hash)
    })

    it('keeps logs apart', async () => {
      await opened.store.commit(leaf(0, 'a'))
      expect(await opened.other.size()).toBe(0)
      await opened.other.commit(leaf(0, 'b'))
      expect((await opened.store.leaf(0))?.bytes).toEqual(utf8('a'))
    })

    it('refuses an index that is taken, and leaves nothing of that commit', async () => {
      await opened.store.commit(leaf(0, 'a'))
      const again = { ...leaf(0, 'b'), nodes: [{ level: 0, index: 1, hash: leafHash(utf8('b')) }] }
      await expect(opened.store.commit(again)).rejects.toThrow(/./)
      expect(await opened.store.size()).toBe(1)
      expect(await opened.store.node(0, 1)).toBeUndefined()
      expect((await opened.store.leaf(0))?.bytes).toEqual(utf8('a'))
    })

    it('refuses an index that leaves a gap', async () => {
      await opened.store.commit(leaf(0, 'a'))
      await expect(opened.store.commit(leaf(2, 'b'))).rejects.toThrow(/./)
      expect(await opened.store.size()).toBe(1)
    })

    it('refuses a leaf that it has already, at any index', async () => {
      await opened.store.commit(leaf(0, 'a'))
      await expect(opened.store.commit(leaf(1, 'a'))).rejects.toThrow(/./)
      expect(await opened.store.size()).toBe(1)
    })
  })
}

function leaf(index: number, text: string): NewLeaf {
  const bytes = utf8(text)
  const hash = leafHash(bytes)
  return { index, bytes, hash, timeMs: 1000 + index, nodes: [{ level: 0, index, hash }] }
}
