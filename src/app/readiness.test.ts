import { expect, it } from 'vitest'
import { unreadiness, type ReadinessParts } from './readiness.ts'

const now = Date.parse('2030-01-01T00:00:00Z')

function parts(change: Partial<ReadinessParts> & { refusals?: string[]; expires?: string }): ReadinessParts {
  const expires = change.expires ?? '2030-01-02T00:00:00Z'
  const repository = {
    read: async () => undefined,
    renew: () => Promise.reject(new Error('the key is gone')),
    target: async () => undefined,
    lists: () => true,
    status: () => [{ role: 'timestamp' as const, version: 1, expires }],
  }
  return {
    trust: { refusals: () => change.refusals ?? [], repository },
    clock: { nowMs: () => now, sleep: async () => undefined },
    freeBytes: change.freeBytes ?? (async () => 1e12),
  }
}

it.each([
  [{}, []],
  [{ refusals: ['Rekor: a commit failed'] }, ['Rekor: a commit failed']],
  [{ expires: '2029-12-31T00:00:00Z' }, ['the TUF timestamp expired at 2029-12-31T00:00:00Z']],
  [{ freeBytes: async () => 1e6 }, ['the data directory has less than 64 MiB left']],
])('with %j the reasons are %j', async (change, reasons) => {
  expect(await unreadiness(parts(change))).toEqual(reasons)
})
