import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuditStore } from './audit.ts'

/** What every backend of `AuditStore` must do. */
export function describeAuditStore(
  name: string,
  open: () => Promise<{ store: AuditStore; close(): Promise<void> }>,
): void {
  describe(`AuditStore: ${name}`, () => {
    let opened: { store: AuditStore; close(): Promise<void> }
    beforeEach(async () => {
      opened = await open()
    })
    afterEach(() => opened.close())

    it('gives rows in the order in which they were added, page by page', async () => {
      for (const action of ['a.done', 'b.done', 'c.done'])
        await opened.store.add({ atMs: 5, action, details: { project: 'acme/tools', text: '"ü' } })
      const first = await opened.store.list({ afterId: 0, limit: 2 })
      expect(first.map(({ action }) => action)).toEqual(['a.done', 'b.done'])
      expect(first[0]).toEqual({
        id: expect.any(Number),
        atMs: 5,
        action: 'a.done',
        details: { project: 'acme/tools', text: '"ü' },
      })
      const rest = await opened.store.list({ afterId: first[1]!.id, limit: 2 })
      expect(rest.map(({ action }) => action)).toEqual(['c.done'])
    })
  })
}
