import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseFileName, parseVersion } from '../../formats/python/index.ts'
import {
  byHistory,
  decideLast,
  factsOf,
  mallory,
  NOW,
  question,
  sdist,
  unsigned,
  wheel,
  type FileChanges,
} from './arrange.ts'
import { decideName } from './decide.ts'
import { listingOf, signpostFor, type NameListing } from './listing.ts'
import { applyMode, type Mode } from './mode.ts'
import type { NameQuestion } from './question.ts'
import type { JudgedFile, NameFacts } from '../facts.ts'

function listed(
  files: readonly JudgedFile[],
  changes: Partial<NameQuestion> = {},
  { mode = 'enforce', ...facts }: Partial<NameFacts> & { readonly mode?: Mode } = {},
): NameListing {
  const one = question(factsOf(files, facts), changes)
  const sentenceOf = (_: JudgedFile, { code }: { readonly code: string }) => `why ${code}`
  return listingOf({ facts: one.facts, decided: decideName(one), mode, sentenceOf })
}

const reasons = ({ files }: NameListing) => files.map(({ yanked }) => yanked)
const refusedWheel = (changes: FileChanges = {}) => wheel('2.0', { seals: mallory, ...changes })

describe('a page', () => {
  it('lists what is refused as yanked, with the sentence, beside what is not', () => {
    const page = listed([wheel('1.0'), refusedWheel()])
    expect(reasons(page)).toEqual([null, 'why verify.identity'])
    expect(page.signpost).toBeUndefined()
  })

  it('gives another URL to what it has served and refuses now', () => {
    const page = listed([wheel('1.0', { servedAtMs: NOW }), refusedWheel({ servedAtMs: NOW })])
    expect(page.files.map(({ isRecalled }) => isRecalled)).toEqual([false, true])
  })

  it('says whose words the reason of a yanked file is, on one line', () => {
    const page = listed([wheel('1.0', { yanked: 'bad\n\u001b[31m' }), sdist('1.0', { yanked: '' })])
    expect(reasons(page)).toEqual([String.raw`upstream says: bad\u{a}\u{1b}[31m`, 'upstream gives no reason'])
  })

  it('shortens the words of an upstream', () => {
    const [reason] = reasons(listed([wheel('1.0', { yanked: 'x'.repeat(1 << 20) })]))
    expect(reason?.length).toBeLessThanOrEqual(200)
  })

  it('lists what upstream took back only where it has served it', () => {
    const files = [
      wheel('1.0'),
      sdist('2.0', { goneAtMs: NOW }),
      wheel('2.0', { goneAtMs: NOW, servedAtMs: NOW }),
    ]
    expect(reasons(listed(files))).toEqual([null, 'why gate.gone'])
    expect(reasons(listed(files, {}, { mode: 'warn' }))).toEqual([null])
  })

  it('has a signpost where all files are refused, with the ground of the last one', () => {
    const { signpost } = listed([wheel('1.0', { seals: unsigned, ageDays: 9 }), refusedWheel({ ageDays: 8 })])
    expect(signpost?.ground.code).toBe('verify.identity')
    expect(signpost?.judged?.file.version).toBe('2.0')
  })

  it('has a signpost where all files wait', () => {
    expect(listed([wheel('1.0', { ageDays: 1 })], { rule: byHistory }).signpost?.ground.code).toBe(
      'gate.held',
    )
  })

  it('has a signpost with the ground of the whole name before that of a file', () => {
    expect(listed([refusedWheel()], { rule: undefined }).signpost).toEqual({
      ground: { code: 'gate.unlisted', fact: 'no rule of policy.toml lists it' },
    })
    expect(listed([], {}, { isPrivate: true }).signpost?.ground.code).toBe('gate.private')
  })

  it('has none where a name has no files and nothing is wrong', () => {
    expect(listed([])).toEqual({ files: [] })
  })
})

describe('the mode', () => {
  const broken = wheel('2.0', { changedSha256: 'ab', seals: mallory })

  it.each<readonly [Mode, string, string | undefined]>([
    ['enforce', 'refused', undefined],
    ['warn', 'allowed', 'verify.identity'],
    ['off', 'allowed', undefined],
  ])('%s: a stranger is %s', (mode, outcome, wouldRefuse) => {
    const applied = applyMode(decideLast([refusedWheel()]), mode)
    expect([applied.decision.outcome, applied.wouldRefuse?.code]).toEqual([outcome, wouldRefuse])
    expect(applied.decision.ground === undefined).toBe(outcome === 'allowed')
  })

  it.each<Mode>(['warn', 'off'])('%s: other bytes are refused all the same', (mode) => {
    expect(applyMode(decideLast([broken]), mode).decision.ground?.code).toBe('gate.digest')
  })

  it.each<Mode>(['warn', 'off'])('%s: a private name is not looked up elsewhere', (mode) => {
    expect(listed([], {}, { isPrivate: true, mode }).signpost?.ground.code).toBe('gate.private')
    expect(listed([], { rule: undefined }, { mode }).signpost).toBeUndefined()
  })

  it('warn: what was not judged is not served before it was', () => {
    const decision = decideLast([wheel('2.0', { seals: { kind: 'not judged' } })])
    expect(applyMode(decision, 'warn').decision.outcome).toBe('not judged')
    expect(applyMode(decision, 'off').decision.outcome).toBe('allowed')
  })
})

const nameParts = fc.array(fc.stringMatching(/^[a-z0-9]{1,12}$/), { minLength: 1, maxLength: 30 })
const name = nameParts.map((parts) => parts.join('-').slice(0, 128).replace(/-$/, ''))

describe('a signpost', () => {
  it('says the name in words', () => {
    expect(signpostFor('Acme_tools.x')).toEqual({
      version: '0+wheelseal.refuses.acme.tools.x',
      fileName: 'acme_tools_x-0+wheelseal.refuses.acme.tools.x-py3-none-any.whl',
    })
  })

  it('of any name is a wheel of that name, in the normal form of its version', () => {
    fc.assert(
      fc.property(name, (any) => {
        const { fileName, version } = signpostFor(any)
        const parsed = parseFileName(fileName)
        expect(parsed.name).toBe(any)
        expect(parsed.version.normal).toBe(version)
        expect(parseVersion(version).normal).toBe(version)
      }),
    )
  })
})
