import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTurn, type TwoHandles } from '../base/two-handles.contract.ts'
import type { KeyIndex } from './files.ts'

export interface OpenKeyIndex extends TwoHandles<KeyIndex> {
  /** The same index, opened again. */
  reopen(): Promise<KeyIndex>
}

/** What every backend of `KeyIndex` must do. */
export function describeKeyIndex(name: string, open: () => Promise<OpenKeyIndex>): void {
  describe(`KeyIndex: ${name}`, () => {
    let opened: OpenKeyIndex
    let index: KeyIndex
    beforeEach(async () => {
      opened = await open()
      index = inTurn(opened)
    })
    afterEach(() => opened.close())

    const key = (byte: number): Uint8Array => new Uint8Array(16).fill(byte)
    const all = { from: 0, limit: 10 }

    it('knows nothing when it is new', async () => {
      expect(await index.mark()).toBe(0)
      expect(await index.find(key(1), all)).toEqual([])
    })

    it('finds every leaf of a key, ascending, from any index on and up to a limit', async () => {
      await index.add([{ key: key(1), index: 300 }], 512)
      await index.add(
        [
          { key: key(1), index: 2 },
          { key: key(2), index: 3 },
          { key: key(1), index: 4 },
        ],
        512,
      )
      expect(await index.find(key(1), all)).toEqual([2, 4, 300])
      expect(await index.find(key(1), { from: 3, limit: 1 })).toEqual([4])
      expect(await index.find(key(2), all)).toEqual([3])
    })

    it('takes rows again that it has', async () => {
      const rows = [{ key: key(1), index: 7 }]
      await index.add(rows, 256)
      await index.add(rows, 256)
      expect(await index.find(key(1), all)).toEqual([7])
    })

    it('takes more rows than a statement has room for', async () => {
      const rows = Array.from({ length: 20_000 }, (_, at) => ({ key: key(at % 256), index: at }))
      await index.add(rows, 20_000)
      expect(await index.find(key(255), { from: 19_000, limit: 2 })).toEqual([19_199, 19_455])
    })

    it('takes rows that are added at once', async () => {
      const add = (at: number) => index.add([{ key: key(1), index: at }], 512)
      await Promise.all([1, 2, 3, 4].map(add))
      expect(await index.find(key(1), all)).toEqual([1, 2, 3, 4])
    })

    it('keeps rows and mark', async () => {
      await index.add([{ key: key(9), index: 1 }], 256)
      const again = await opened.reopen()
      expect(await again.mark()).toBe(256)
      expect(await again.find(key(9), all)).toEqual([1])
    })
  })
}
