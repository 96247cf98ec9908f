import { beforeEach, describe, expect, it } from 'vitest'
import {
  askedOf,
  DAY_MS,
  fetched,
  netError,
  NEWER,
  offer,
  openBench,
  policyOf,
  SEALED,
  WHEEL,
  type Bench,
} from './arrange.ts'
import type { GatePolicy } from './parts.ts'

const exempt = (version: string, until = '2030-12-01'): string => `
[[exempt]]
name = "demo"
version = "${version}"
codes = ["gate.unsigned"]
reason = "compared by hand"
until = ${until}
by = "ops@acme.example"
`

let bench: Bench
let policy: GatePolicy
const written: (readonly string[])[] = []
beforeEach(async () => {
  policy = await policyOf(SEALED + exempt('1.0') + exempt('9.0'))
  bench = await openBench({ policy: () => policy })
  written.length = 0
  for (const fileName of [WHEEL, NEWER]) offer(bench.upstream, fileName)
  return () => bench.close()
})

function watched() {
  const { store } = bench
  const keepExemptions: typeof store.keepExemptions = (gate, use) => {
    written.push(use.matched)
    return store.keepExemptions(gate, use)
  }
  return bench.reopen({ store: { ...store, keepExemptions } })
}

describe('an exemption', () => {
  it('that matched nothing for 30 days is told, and no other', async () => {
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    await bench.pass(29 * DAY_MS)
    expect((await bench.gate.status(0)).unused).toEqual([])
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    await bench.pass(DAY_MS)
    // Also where the gate was started anew.
    for (const gate of [bench.gate, bench.reopen()])
      expect((await gate.status(0)).unused).toEqual([
        expect.stringMatching(/^demo 9\.0 matched nothing for 30 days \(exempt\[2\] of /),
      ])
  })

  it('is the same one elsewhere in the policy, with another end; one that is new is not old', async () => {
    await bench.gate.status(0)
    await bench.pass(31 * DAY_MS)
    policy = await policyOf(SEALED + exempt('7.0') + exempt('9.0', '2030-12-24'))
    expect((await bench.gate.status(0)).unused).toEqual([expect.stringContaining('demo 9.0')])
  })

  it('that has ended is told as ended only', async () => {
    await bench.gate.status(0)
    await bench.pass(400 * DAY_MS)
    const { soon, unused } = await bench.gate.status(0)
    expect([soon.length, unused]).toEqual([2, []])
  })

  it('is written once a day, also for files in memory, and again after a failure', async () => {
    const gate = watched()
    for (let request = 0; request < 3; request += 1) await fetched(gate, WHEEL)
    expect(gate.fileNow(askedOf(WHEEL))).toBeDefined()
    expect(written).toHaveLength(1)
    expect(written[0]).toHaveLength(1)
    await bench.pass(DAY_MS)
    await fetched(gate, WHEEL)
    expect(gate.fileNow(askedOf(WHEEL))).toBeDefined()
    expect(written).toHaveLength(2)

    let isFull = true
    const keepExemptions: typeof bench.store.keepExemptions = (name, use) =>
      isFull ? Promise.reject(netError('storage.full')) : bench.store.keepExemptions(name, use)
    const full = bench.reopen({ store: { ...bench.store, keepExemptions } })
    expect(await fetched(full, WHEEL)).toBe('allowed')
    expect(bench.logged).toContain('gate.exemptions')
    isFull = false
    await fetched(full, WHEEL)
    await bench.pass(30 * DAY_MS)
    expect((await full.status(0)).unused).toHaveLength(2)
  })
})
