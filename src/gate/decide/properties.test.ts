import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GateRule } from '../../verify/index.ts'
import type { Decision } from '../decision.ts'
import type { JudgedFile, NameFacts, SealState } from '../facts.ts'
import {
  at,
  blind,
  broken,
  byHistory,
  DAY,
  exemption,
  factsOf,
  holding,
  listed,
  mallory,
  notJudged,
  NOW,
  pin,
  question,
  sdist,
  sealedBy,
  shortly,
  strict,
  unreachable,
  unsigned,
  wheel,
} from './arrange.ts'
import { decideName, decideRelease } from './decide.ts'
import { listingOf } from './listing.ts'
import { applyMode, type Mode } from './mode.ts'
import type { NameQuestion } from './question.ts'

const kept: SealState = { kind: 'unreachable', fact: '503', kept: [holding()] }
const early: SealState = { kind: 'judged', verdicts: [{ ...holding(), signedAtMs: NOW + 2 * DAY }] }
const seals = fc.constantFrom(
  ...[sealedBy(), mallory, unsigned, broken, blind, notJudged, unreachable, kept, early],
)
/** Times close together and on the limits, where answers change. */
const ageDays = fc.constantFrom(-3, 0, 1, 6.5, 7, 8, 20, 29.5, 30, 31, 60, 100, 400)

const file: fc.Arbitrary<JudgedFile> = fc
  .record({
    version: fc.constantFrom('1.0', '1.1', '2.0', '2.1', '0.3.4'),
    isWheel: fc.boolean(),
    seals,
    ageDays,
    provenance: fc.constantFrom(
      { kind: 'none' } as const,
      { kind: 'at', url: 'https://pypi.example/p' } as const,
    ),
    goneAtMs: fc.constantFrom(null, null, null, NOW - DAY),
    servedAtMs: fc.constantFrom(null, NOW - DAY),
    changedSha256: fc.constantFrom(null, null, null, 'ab'),
    yanked: fc.constantFrom(null, '', 'broken'),
    mismatch: fc.constantFrom(null, null, null, { kind: 'digest', expected: 'a', found: 'b' } as const),
  })
  .map(({ version, isWheel, ...changes }) => (isWheel ? wheel : sdist)(version, changes))

const facts: fc.Arbitrary<NameFacts> = fc
  .record({
    files: fc.uniqueArray(file, { maxLength: 8, selector: (one) => one.file.fileName }),
    pins: fc.constantFrom([], [pin]),
    status: fc.constantFrom(null, null, null, 'quarantined' as const),
    isPrivate: fc.boolean(),
    freshDaysAgo: fc.constantFrom(0, 1, 6.9, 7),
  })
  .map(({ files, freshDaysAgo, ...changes }) =>
    factsOf(files, { ...changes, freshAtMs: NOW - freshDaysAgo * DAY }),
  )

const rule: fc.Arbitrary<GateRule> = fc
  .record({
    base: fc.constantFrom(strict, byHistory),
    policy: fc.constantFrom(listed, { anyOf: [] }),
    unsigned: fc.constantFrom('refuse', 'never-sealed', 'allow'),
    learns: fc.boolean(),
    cooldownMs: fc.constantFrom(0, 7 * DAY),
    partial: fc.constantFrom('refuse', 'sealed-only', 'allow'),
    gone: fc.constantFrom('refuse', 'serve'),
  })
  .map(({ base, ...changes }): GateRule => Object.assign({}, base, changes))

const exemptions = fc.array(
  fc
    .record({
      code: fc.constantFrom('gate.unsigned', 'gate.held', 'verify.identity', 'gate.release', 'gate.digest'),
      days: fc.constantFrom(0, 1, 5),
    })
    .map(({ code, days }) => exemption({ codes: new Set([code]), untilMs: NOW + days * DAY })),
  { maxLength: 2 },
)

const asked: fc.Arbitrary<NameQuestion> = fc
  .record({
    facts,
    rule: fc.option(rule, { nil: undefined, freq: 10 }),
    exemptions,
    trustDays: fc.constantFrom(null, 0, 3),
  })
  .map(({ facts: known, trustDays, ...changes }) =>
    question(known, {
      ...changes,
      ...at({ trustUntilMs: trustDays === null ? null : NOW + trustDays * DAY }),
    }),
  )
const mode = fc.constantFrom<Mode>('enforce', 'warn', 'off')

function listing(one: NameQuestion, inMode: Mode) {
  const decided = decideName(one)
  return listingOf({ facts: one.facts, decided, mode: inMode, sentenceOf: (_, ground) => ground.fact })
}

function all(one: NameQuestion): ReadonlyMap<string, Decision> {
  const found = new Map<string, Decision>()
  for (const files of decideName(one).releases.values())
    for (const [name, decision] of files) found.set(name, decision)
  return found
}

/** By file, with the code. */
function answers(one: NameQuestion): Record<string, string> {
  return Object.fromEntries([...all(one)].map(([name, decision]) => [name, shortly(decision)]))
}

describe('for any facts, rule and time', () => {
  it('a page lists nothing unyanked that the file route refuses', () => {
    fc.assert(
      fc.property(asked, mode, (one, inMode) => {
        for (const { judged, yanked, isRefused } of listing(one, inMode).files) {
          const { versionKey, fileName } = judged.file
          const decision = decideRelease({ ...one, versionKey }).get(fileName)!
          const { outcome } = applyMode(decision, inMode).decision
          expect(isRefused).toBe(outcome === 'refused' || outcome === 'held')
          if (isRefused) expect(yanked).not.toBeNull()
        }
      }),
    )
  })

  it('a release of which a file is refused for who signed or for its bytes has no unyanked file', () => {
    fc.assert(
      fc.property(asked, (one) => {
        const { files } = listing({ ...one, exemptions: [] }, 'enforce')
        const bad = files.filter(({ judged: { file: own }, yanked }) => {
          if (own.goneAtMs !== null) return false
          const { ground } = decideRelease({ ...one, exemptions: [], versionKey: own.versionKey }).get(
            own.fileName,
          )!
          return yanked !== null && /^(?:verify\..*|gate\.changed|gate\.digest)$/.test(ground?.code ?? '')
        })
        for (const { judged } of bad) {
          const others = files.filter((other) => other.judged.file.versionKey === judged.file.versionKey)
          expect(others.every(({ isRefused }) => isRefused)).toBe(true)
        }
      }),
    )
  })

  it('a decision stays until the time that it says', () => {
    fc.assert(
      fc.property(asked, fc.double({ min: 0, max: 1, noNaN: true }), (one, part) => {
        const now = answers(one)
        for (const [name, { untilMs = NOW + 1000 * DAY }] of all(one)) {
          expect(untilMs).toBeGreaterThan(NOW)
          const before = NOW + Math.floor((untilMs - 1 - NOW) * part)
          expect(answers({ ...one, nowMs: before })[name]).toBe(now[name])
          expect(answers({ ...one, nowMs: untilMs - 1 })[name]).toBe(now[name])
        }
      }),
    )
  })

  it('a release decided alone is decided as among all', () => {
    fc.assert(
      fc.property(asked, (one) => {
        for (const [versionKey, files] of decideName(one).releases)
          expect(decideRelease({ ...one, versionKey })).toEqual(files)
      }),
    )
  })

  it('there is a signpost where no file can be chosen, and only there', () => {
    fc.assert(
      fc.property(asked, mode, (one, inMode) => {
        const { files, signpost } = listing(one, inMode)
        if (signpost !== undefined) expect(files.every(({ isRefused }) => isRefused)).toBe(true)
        else if (files.length > 0) expect(files.some(({ isRefused }) => !isRefused)).toBe(true)
      }),
    )
  })
})
