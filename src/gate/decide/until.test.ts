import { describe, expect, it } from 'vitest'
import type { JudgedFile, NameFacts } from '../facts.ts'
import {
  at,
  byHistory,
  cp,
  DAY,
  decideLast,
  exemption,
  mallory,
  notJudged,
  NOW,
  pin,
  sdist,
  shortly,
  unsigned,
  wheel,
} from './arrange.ts'
import type { NameQuestion } from './question.ts'

type UntilCase = readonly [
  why: string,
  untilDays: number,
  then: string,
  files: readonly JudgedFile[],
  changes?: Partial<NameQuestion>,
  facts?: Partial<NameFacts>,
]

/** Nothing is ever stale. */
const fresh: Partial<NameFacts> = { freshAtMs: NOW + 1000 * DAY }
const short = { exemptions: [exemption({ untilMs: NOW + 2 * DAY })] }

const CASES: readonly UntilCase[] = [
  ['its cooldown ends', 5, 'allowed', [wheel('2.0', { ageDays: 2 })], { rule: byHistory }],
  ['its page is stale', 6, 'refused gate.stale', [wheel('2.0')], {}, { freshAtMs: NOW - DAY }],
  [
    'the trust root ends',
    3,
    'refused gate.trust',
    [wheel('2.0', { seals: notJudged })],
    at({ trustUntilMs: NOW + 3 * DAY }),
  ],
  ['an exemption ends', 2, 'refused gate.unsigned', [wheel('2.0', { seals: unsigned })], short],
  [
    'an exemption of a file that is gone ends',
    2,
    'refused gate.gone',
    [wheel('2.0', { goneAtMs: NOW })],
    { exemptions: [exemption({ codes: new Set(['gate.gone']), untilMs: NOW + 2 * DAY })] },
  ],
  [
    'the exemption of another file of the release ends',
    2,
    'refused gate.release',
    [wheel('2.0', { seals: unsigned }), sdist('2.0')],
    { exemptions: [exemption({ sha256: wheel('2.0').file.sha256!, untilMs: NOW + 2 * DAY })] },
  ],
  [
    'a lost seal has settled',
    22,
    'allowed',
    [wheel('1.0'), wheel('2.0', { seals: unsigned, ageDays: 8 })],
    { rule: byHistory },
  ],
  [
    'another signer has settled',
    22,
    'allowed',
    [wheel('2.0', { seals: mallory, ageDays: 8 })],
    { rule: byHistory },
    { pins: [pin] },
  ],
  [
    'another signer of another file of the release has settled',
    22,
    'allowed',
    [wheel('2.0', { seals: mallory, ageDays: 8 }), sdist('2.0', { ageDays: 8 })],
    { rule: byHistory },
    { pins: [pin] },
  ],
  [
    'a late file has settled',
    22,
    'allowed',
    [cp('cp313', { ageDays: 400, seals: unsigned }), cp('cp314', { ageDays: 8, seals: unsigned })],
    { rule: byHistory },
  ],
  [
    'its line is known to be made by hand',
    10,
    'held gate.held',
    [
      wheel('7.5.2', { ageDays: 500 }),
      wheel('6.3.1', { seals: unsigned, ageDays: 480 }),
      wheel('6.3.2', { seals: unsigned, ageDays: 20 }),
      wheel('7.6.0', { ageDays: 19 }),
      wheel('6.3.3', { seals: unsigned, ageDays: 8 }),
    ],
    { rule: byHistory },
  ],
]

describe('a decision stays until', () => {
  for (const [why, untilDays, then, files, changes = {}, facts = {}] of CASES)
    it(`${why}, and then the file is ${then}`, () => {
      const atTime = (nowMs: number) => decideLast(files, { ...changes, nowMs }, { ...fresh, ...facts })
      const now = atTime(NOW)
      const untilMs = NOW + untilDays * DAY
      expect(now.untilMs).toBe(untilMs)
      expect(shortly(atTime(untilMs - 1))).toBe(shortly(now))
      expect(shortly(atTime(untilMs))).toBe(then)
      expect(then).not.toBe(shortly(now))
    })
})
