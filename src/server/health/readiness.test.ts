import { expect, it } from 'vitest'
import { parseCertificate } from '../../formats/x509/index.ts'
import { makeTrust } from '../../trust/tuf/arrange.ts'
import { unreadiness, warnings, type ReadinessParts } from './readiness.ts'

const now = Date.parse('2030-01-01T00:00:00Z')

const { chain, tsaChain = [] } = makeTrust(now / 1000)
const chains = {
  authority: { chain, issue: () => Promise.reject(new Error('not asked for')) },
  tsa: { chain: tsaChain, timestamp: () => new Uint8Array(), answer: () => new Uint8Array() },
}

function parts(
  change: Partial<ReadinessParts> & { refusals?: string[]; expires?: string; atMs?: number },
): ReadinessParts {
  const expires = change.expires ?? '2030-01-02T00:00:00Z'
  const repository = {
    read: async () => undefined,
    renew: () => Promise.reject(new Error('the key is gone')),
    target: async () => undefined,
    lists: () => true,
    status: () => [{ role: 'timestamp' as const, version: 1, expires }],
  }
  return {
    trust: { refusals: () => change.refusals ?? [], repository, ...chains },
    gates: { warnings: () => [] },
    clock: { nowMs: () => change.atMs ?? now, sleep: async () => undefined },
    freeBytes: change.freeBytes ?? (async () => 1e12),
  }
}

it.each([
  [{}, []],
  [{ refusals: ['Rekor: a commit failed'] }, ['Rekor: a commit failed']],
  [{ expires: '2029-12-31T00:00:00Z' }, ['the TUF timestamp expired at 2029-12-31T00:00:00Z']],
  [{ freeBytes: async () => 1e6 }, ['the disk of the data directory has less than 64 MiB free']],
])('with %j the reasons are %j', async (change, reasons) => {
  expect(await unreadiness(parts(change))).toEqual(reasons)
})

const DAY = 86_400_000
/** Of the certificates that sign, both made at once. */
const END = parseCertificate(chain[0] ?? new Uint8Array()).notAfterSeconds * 1000
const expires = '2099-01-01T00:00:00Z'

it.each([
  ['long before', END - 100 * DAY, [0, 0]],
  ['three months before', END - 89 * DAY, [0, 2]],
  ['a minute before', END - 60_000, [1, 1]],
  ['after', END + 1000, [2, 0]],
])('%s the end of the authorities, says so as a reason or as a warning', async (_when, atMs, counts) => {
  const reasons = await unreadiness(parts({ atMs, expires }))
  const soon = warnings(parts({ atMs, expires }))
  expect([reasons.length, soon.length]).toEqual(counts)
  for (const reason of [...reasons, ...soon])
    expect(reason).toMatch(/^the certificate of the (?:certificate|timestamp) authority expire[ds] at 20/)
})

it('says that the clock is before the authorities', async () => {
  const reasons = await unreadiness(parts({ atMs: now - DAY, expires }))
  expect(reasons).toHaveLength(4)
  expect(reasons[0]).toMatch(
    /^the certificate of the certificate authority is not valid before 2029-12-31T.*: check the clock/,
  )
})

it.each([
  ['root', '2030-03-01T00:00:00Z', 1],
  ['timestamp', '2030-01-02T12:00:00Z', 0],
  ['timestamp', '2030-01-01T12:00:00Z', 1],
] as const)('warns of a TUF %s that ends at %s: %i', (role, end, count) => {
  const { trust, ...others } = parts({})
  const repository = { ...trust.repository, status: () => [{ role, version: 1, expires: end }] }
  expect(warnings({ ...others, trust: { ...trust, repository } })).toHaveLength(count)
})

it('warns of what is wrong with a gate', () => {
  expect(warnings({ ...parts({}), gates: { warnings: () => ['gate prod: broken'] } })).toEqual([
    'gate prod: broken',
  ])
})
