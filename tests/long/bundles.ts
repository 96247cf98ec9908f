/**
 * Compares our verdicts with those of `@sigstore/verify` and sigstore-python over mutations of the real bundles of
 * sigstore-conformance:
 *
 *     node tests/long/bundles.ts [--count 10000] [--from 0] [--seed WORD] [--without-python]
 *
 * Case i of a seed is always the same, so a run goes on where another stopped: the same seed, `--from` what it printed.
 * The last lines have the figures and every disagreement by its reason. Ends with 1 when one is not explained.
 */
import { parseArgs } from 'node:util'
import { comparer, emptyComparison } from '../conformance/compare.ts'
import { EXPLAINED } from '../conformance/disagreements.ts'
import { goodCases } from '../conformance/mutations.ts'
import { comparePython, startPython, type PythonComparison } from '../conformance/sigstore-python.ts'
import { present, python } from '../support/judges.ts'

const STEP = 500
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: 'long' },
    'without-python': { type: 'boolean', default: false },
  },
})
const from = Number(values.from)
const end = from + Number(values.count)
const cases = goodCases()
const compare = comparer(cases)
const total = emptyComparison()
const third: PythonComparison = { asked: 0, agreed: 0, disagreements: new Map(), faults: [] }
const judge = !values['without-python'] && present(python) ? startPython() : undefined

for (let at = from; at < end; at += STEP) {
  const { judged, ...part } = compare({ seed: values.seed, from: at, to: Math.min(end, at + STEP) })
  total.bothAccept += part.bothAccept
  total.bothRefuse += part.bothRefuse
  for (const [reason, count] of part.onlyOursRefuses)
    total.onlyOursRefuses.set(reason, (total.onlyOursRefuses.get(reason) ?? 0) + count)
  total.faults.push(...part.faults)
  for (const fault of part.faults) console.log(fault)
  const before = third.faults.length
  if (judge !== undefined) await comparePython(judge, cases, { judged, into: third })
  for (const fault of third.faults.slice(before)) console.log(fault)
  console.log(`--from ${Math.min(end, at + STEP)} --seed ${values.seed}`)
}
judge?.stop()

for (const [reason, count] of total.onlyOursRefuses)
  console.log(`${count} ${reason}: ${EXPLAINED[reason] ?? '?'}`)
for (const [row, count] of third.disagreements) console.log(`${count} ${row}`)
console.log(
  `${end - from} mutations: ${total.bothAccept} accepted by both, ${total.bothRefuse} refused by both, ${total.faults.length} not explained`,
)
console.log(
  `sigstore-python: ${third.asked} asked, ${third.agreed} agreed, ${third.faults.length} not explained`,
)
process.exitCode = total.faults.length + third.faults.length === 0 ? 0 : 1
