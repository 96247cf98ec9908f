import { describe, it } from 'vitest'
import { runCase } from './run.ts'
import { derTargets } from './targets-der.ts'
import { textTargets } from './targets-text.ts'

const CASES = 100

/** The same changes each time, to seeds with new keys; `node tests/long/fuzz.ts` tries others. */
describe('whatever an enemy writes, a parser reads it or refuses it with its own code, in time', () => {
  it.each([...derTargets, ...textTargets].map((target) => [target.name, target] as const))(
    '%s',
    (_name, target) => {
      for (let index = 0; index < CASES; index += 1) runCase(target, 'always', index)
    },
  )
})
