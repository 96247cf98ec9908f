/**
 * Compares our verdicts with those of `@sigstore/verify` over mutations of the real bundles of sigstore-conformance:
 *
 *     node tests/long/bundles.ts [--count 10000] [--from 0] [--seed WORD]
 *
 * Case i of a seed is always the same, so a run goes on where another stopped: the same seed, `--from` what it printed.
 * The last lines have the figures and every disagreement by its reason. Ends with 1 when one is not explained.
 */
import { parseArgs } from 'node:util'
import { comparer, type Comparison } from '../conformance/compare.ts'
import { EXPLAINED } from '../conformance/disagreements.ts'
import { goodCases } from '../conformance/mutations.ts'

const STEP = 500
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: 'long' },
  },
})
const from = Number(values.from)
const end = from + Number(values.count)
const compare = comparer(goodCases())
const total: Comparison = { bothAccept: 0, bothRefuse: 0, onlyOursRefuses: new Map(), faults: [] }

for (let at = from; at < end; at += STEP) {
  const part = compare({ seed: values.seed, from: at, to: Math.min(end, at + STEP) })
  total.bothAccept += part.bothAccept
  total.bothRefuse += part.bothRefuse
  for (const [reason, count] of part.onlyOursRefuses)
    total.onlyOursRefuses.set(reason, (total.onlyOursRefuses.get(reason) ?? 0) + count)
  total.faults.push(...part.faults)
  for (const fault of part.faults) console.log(fault)
  console.log(`--from ${Math.min(end, at + STEP)} --seed ${values.seed}`)
}

for (const [reason, count] of total.onlyOursRefuses)
  console.log(`${count} ${reason}: ${EXPLAINED[reason] ?? '?'}`)
console.log(
  `${end - from} mutations: ${total.bothAccept} accepted by both, ${total.bothRefuse} refused by both, ${total.faults.length} not explained`,
)
process.exitCode = total.faults.length === 0 ? 0 : 1
