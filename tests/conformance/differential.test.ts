import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { present, python } from '../support/judges.ts'
import { cases } from './cases.ts'
import { trustedRoots } from './client.ts'
import { comparer } from './compare.ts'
import { goodCases, judgeOf } from './mutations.ts'
import { comparePython, startPython, type PythonComparison } from './sigstore-python.ts'

const hasCases = present(cases, join(trustedRoots, 'production.json'))

/** Of all bundles together. */
const MUTATIONS = Number(process.env['WHEELSEAL_MUTATIONS'] ?? 660)

describe.runIf(hasCases)('against @sigstore/verify, over changed real bundles', () => {
  it(
    'accepts nothing that it refuses, and refuses alone only what is explained',
    { timeout: 120_000 },
    () => {
      const result = comparer(goodCases())({ seed: 'ci', from: 0, to: MUTATIONS })
      expect(result.faults).toEqual([])
      expect(result.bothAccept).toBeGreaterThan(20)
      expect(result.bothRefuse).toBeGreaterThan(200)
    },
  )

  it('has seen every bundle verify before it was changed', () => {
    for (const one of goodCases()) {
      const judge = judgeOf(one)
      const text = readFileSync(one.bundlePath, 'utf8')
      expect([one.name, judge.ours(text), judge.theirs(text)]).toEqual([one.name, undefined, undefined])
    }
  })

  it.runIf(present(python))(
    'accepts nothing that it and sigstore-python refuse, and differs from the latter only as explained',
    { timeout: 120_000 },
    async () => {
      const good = goodCases()
      const into: PythonComparison = { asked: 0, agreed: 0, disagreements: new Map(), faults: [] }
      const judge = startPython()
      const { judged } = comparer(good)({ seed: 'ci', from: 0, to: 110 })
      await comparePython(judge, good, { judged, into })
      judge.stop()
      expect(into.faults).toEqual([])
      expect(into.agreed).toBeGreaterThan(50)
    },
  )
})
