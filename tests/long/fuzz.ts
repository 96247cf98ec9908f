/**
 * Tries the parsers of `src/formats/` on changed inputs, one parser after the other, round by round:
 *
 *     node tests/long/fuzz.ts [--seconds 600] [--seed WORD] [--only NAME]
 *
 * Each fault is printed once with its input, and the exit code says whether there was one. Another seed is another run.
 */
import { parseArgs } from 'node:util'
import { runCase, type Target } from '../fuzz/run.ts'
import { derTargets } from '../fuzz/targets-der.ts'
import { textTargets } from '../fuzz/targets-text.ts'

const ROUND = 200

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: process.hrtime.bigint().toString(36) },
    only: { type: 'string' },
  },
})
const targets = [...derTargets, ...textTargets].filter(({ name }) => name === (values.only ?? name))
const cases = new Map(targets.map(({ name }) => [name, 0]))
const faults = new Map<string, string>()

function tryRound(target: Target, from: number): void {
  for (let index = from; index < from + ROUND; index += 1) tryCase(target, index)
  cases.set(target.name, from + ROUND)
}

function tryCase(target: Target, index: number): void {
  try {
    runCase(target, values.seed, index)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    const kind = text.split('\n')[0]?.replaceAll(/\d+/g, 'n') ?? ''
    if (!faults.has(kind)) console.log(`fuzz: case ${index} of ${values.seed}: ${text}`)
    faults.set(kind, text)
  }
}

console.log(`fuzz: ${targets.length} parsers, ${values.seconds} s, the seed ${values.seed}`)
const end = performance.now() + Number(values.seconds) * 1000
for (let from = 0; performance.now() < end; from += ROUND) {
  for (const target of targets) tryRound(target, from)
}
console.log(`fuzz: ${[...cases].map(([name, count]) => `${name} ${count}`).join(', ')}`)
const total = [...cases.values()].reduce((sum, count) => sum + count, 0)
console.log(`fuzz: ${total} cases, ${faults.size} kinds of faults`)
process.exitCode = faults.size === 0 && total > 0 ? 0 : 1
