import { describe, expect, it } from 'vitest'
import {
  broken,
  byHistory,
  DAY,
  decideLast,
  exemption,
  factsOf,
  NOW,
  question,
  sdist,
  strict,
  tell,
  unsigned,
  wheel,
  type Case,
} from './arrange.ts'
import { decideName } from './decide.ts'
import { isServedAsBefore } from './gone.ts'
import { listingOf } from './listing.ts'

const gone = (changes: Parameters<typeof wheel>[1] = {}) => wheel('2.0', { goneAtMs: NOW - DAY, ...changes })
const serve = { rule: { ...strict, gone: 'serve' } } as const
const young = { rule: { ...byHistory, gone: 'serve' } } as const

const CASES: readonly Case[] = [
  ['one that was allowed', 'allowed', [gone()], serve],
  ['one whose rule says nothing of it', 'refused gate.gone', [gone()]],
  ['one without a seal', 'refused gate.unsigned', [gone({ seals: unsigned })], serve],
  ['one that is broken', 'refused verify.signature', [gone({ seals: broken })], serve],
  [
    'one beside a file that refuses its release',
    'refused gate.release',
    [sdist('2.0', { seals: broken }), gone()],
    serve,
  ],
  [
    'one that was too young then, however old it is now,',
    'refused gate.gone',
    [gone({ ageDays: 8, goneAtMs: NOW - 7 * DAY })],
    young,
  ],
  ['one that was old enough then', 'allowed', [gone({ ageDays: 8, goneAtMs: NOW - DAY / 2 })], young],
  [
    'one that was not settled then, however old it is now,',
    'refused gate.downgrade',
    [wheel('1.0', { ageDays: 200 }), gone({ seals: unsigned, ageDays: 60, goneAtMs: NOW - 31 * DAY })],
    young,
  ],
  [
    'one that was settled then',
    'allowed',
    [wheel('1.0', { ageDays: 200 }), gone({ seals: unsigned, ageDays: 60, goneAtMs: NOW - 29 * DAY })],
    young,
  ],
]

describe('a file that the upstream lists no longer', () => {
  tell(strict, CASES)

  it('is said to be gone, whatever the rule says', () => {
    for (const changes of [serve, {}])
      expect(decideLast([gone()], changes).notes).toEqual(['gone upstream since 2026-11-28'])
  })

  it('is listed where its rule serves it, and not where an exemption or a mode lets it through', () => {
    const listed = (changes: object, mode: 'enforce' | 'off' = 'enforce') => {
      const asked = question(factsOf([wheel('1.0'), gone()]), changes)
      const decided = decideName(asked)
      const { files } = listingOf({ facts: asked.facts, decided, mode, sentenceOf: () => 'why' })
      return files.map(({ judged, yanked }) => [judged.file.version, yanked])
    }
    expect(listed(serve)).toEqual([
      ['1.0', null],
      ['2.0', null],
    ])
    expect(listed({ exemptions: [exemption({ codes: new Set(['gate.gone']) })] })).toEqual([['1.0', null]])
    expect(listed({}, 'off')).toEqual([['1.0', null]])
    const { file } = gone()
    expect(isServedAsBefore(file, decideLast([gone()], serve))).toBe(true)
    expect(isServedAsBefore(file, decideLast([gone()]))).toBe(false)
  })
})
