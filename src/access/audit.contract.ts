import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTurn, type TwoHandles } from '../base/two-handles.contract.ts'
import type { AuditStore } from './audit.ts'

/** What every backend of `AuditStore` must do. */
export function describeAuditStore(name: string, open: () => Promise<TwoHandles<AuditStore>>): void {
  describe(`AuditStore: ${name}`, () => {
    let opened: TwoHandles<AuditStore>
    let store: AuditStore
    beforeEach(async () => {
      opened = await open()
      store = inTurn(opened)
    })
    afterEach(() => opened.close())

    const add = (action: string) =>
      store.add({ atMs: 5, action, details: { project: 'acme/tools', text: '"ü' } })

    it('gives rows in the order in which they were added, page by page', async () => {
      for (const action of ['a.done', 'b.done', 'c.done']) await add(action)
      const first = await store.list({ afterId: 0, limit: 2 })
      expect(first.map(({ action }) => action)).toEqual(['a.done', 'b.done'])
      expect(first[0]).toEqual({
        id: expect.any(Number),
        atMs: 5,
        action: 'a.done',
        details: { project: 'acme/tools', text: '"ü' },
        outcome: { kind: 'unknown' },
      })
      const rest = await store.list({ afterId: first[1]!.id, limit: 2 })
      expect(rest.map(({ action }) => action)).toEqual(['c.done'])
    })

    it('says how each row ended, the first word of it and no later one', async () => {
      const [done, refused, cut] = [await add('a.done'), await add('b.done'), await add('c.done')]
      await store.settle(done.id, { kind: 'done' })
      await store.settle(refused.id, { kind: 'refused', code: 'access.path-taken' })
      await store.settle(refused.id, { kind: 'done' })
      const rows = await store.list({ afterId: 0, limit: 9 })
      expect(rows.map(({ id, outcome }) => [id, outcome])).toEqual([
        [done.id, { kind: 'done' }],
        [refused.id, { kind: 'refused', code: 'access.path-taken' }],
        [cut.id, { kind: 'unknown' }],
      ])
    })

    it('gives rows that are added at once numbers of their own', async () => {
      const added = await Promise.all(['a.done', 'b.done', 'c.done', 'd.done'].map(add))
      expect(new Set(added.map(({ id }) => id)).size).toBe(4)
      expect(await store.list({ afterId: 0, limit: 9 })).toHaveLength(4)
    })
  })
}
