import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Identity } from '../verify/index.ts'
import {
  byHistory,
  DAY,
  decideLast,
  mallory,
  pin,
  pipeline,
  sealedBy,
  unsigned,
  wheel,
} from './decide/arrange.ts'
import type { Ground } from './decision.ts'
import { refusalId } from './refusal-id.ts'
import { refusalOf, sentenceFor } from './sentence.ts'

const link = 'http://gate.example/gate/prod/why/9f3a61c2'
const told = (ground: Ground, changes: Partial<Parameters<typeof sentenceFor>[0]> = {}) =>
  sentenceFor({ ground, name: 'demo', version: '2.0', link, ...changes })

describe('a sentence', () => {
  it('has the code, what is refused, the fact and the link', () => {
    const { ground } = decideLast([wheel('2.0', { seals: mallory })])
    expect(told(ground!)).toBe(
      'refused (verify.identity): demo 2.0 was signed by gitlab.com/mallory/demo, expected gitlab.com/acme/demo; see http://gate.example/gate/prod/why/9f3a61c2',
    )
  })

  it('of a file that only waits says so', () => {
    const { ground } = decideLast([wheel('2.0', { ageDays: 2 })], { rule: byHistory })
    expect(told(ground!)).toBe(
      'held (gate.held): demo 2.0 is 2 of 7 days old, served from 2026-12-04 00:00 UTC on; see http://gate.example/gate/prod/why/9f3a61c2',
    )
  })

  it('sets a fact about something else off from the name', () => {
    expect(told({ code: 'gate.upstream', fact: 'pypi did not answer, and nothing is kept' })).toContain(
      ': demo 2.0: pypi did not',
    )
  })

  it('of a whole name has no version', () => {
    const ground: Ground = { code: 'gate.private', fact: 'is a private name, and ours has no such package' }
    expect(sentenceFor({ ground, name: 'demo', link })).toContain(': demo is a private name')
  })

  it('is shortened in the middle of its longest word, never in its link', () => {
    const project = `gitlab.com/${'sub/'.repeat(50)}demo`
    const text = told({
      code: 'verify.identity',
      fact: `was signed by ${project}, expected gitlab.com/acme/demo`,
    })
    expect(text).toHaveLength(240)
    expect(text).toMatch(/by gitlab\.com\/sub.*\.\.\..*\/demo, expected gitlab\.com\/acme\/demo; see http/)
    expect(text.endsWith(link)).toBe(true)
  })

  it('has no link rather than a part of one', () => {
    const long = `http://gate.example/${'x'.repeat(300)}`
    expect(told({ code: 'gate.gone', fact: 'pypi took it back' }, { link: long })).toBe(
      'refused (gate.gone): demo 2.0: pypi took it back',
    )
  })

  it('is printable ASCII of at most 240 bytes, whatever anybody wrote', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.constantFrom('\r\n\u001b[31m\u0007\u202e', 'ä'.repeat(500), '\ud800', 'x'.repeat(1 << 20), ''),
    )
    fc.assert(
      fc.property(text, text, text, (fact, name, other) => {
        const sentence = sentenceFor({
          ground: { code: 'verify.x', fact },
          name,
          version: other,
          link: other,
        })
        expect(sentence).toMatch(/^[ -~]{1,240}$/)
      }),
    )
  })

  it('has nothing that pdm takes for markup', () => {
    const fact = 'was signed by [link=http://evil.example]gitlab.com[/link], expected gitlab.com/acme/demo'
    expect(told({ code: 'verify.identity', fact })).toMatch(/^refused [^[\]]+$/)
  })

  it("stays on one line for a signer with an enemy's name", () => {
    const evil: Identity = {
      ...pipeline(),
      san: `https://gitlab.com/\u001b[2J\r\nSet-Cookie: x\u202e${'а'.repeat(1 << 20)}`,
      extensions: {
        sourceRepositoryUri: `https://e\r\n${'y'.repeat(1 << 20)}`,
        sourceRepositoryIdentifier: '\u0000',
      },
    }
    for (const changes of [{}, { rule: byHistory }]) {
      const { ground, grounds, notes } = decideLast(
        [wheel('2.0', { seals: sealedBy(evil), ageDays: 8 })],
        changes,
        {
          pins: [pin],
          upstream: 'py\npi',
        },
      )
      expect(told(ground!)).toMatch(/^[ -~]{1,240}$/)
      expect([...grounds.map(({ fact }) => fact), ...notes].join('')).toMatch(/^[ -~]{0,2000}$/)
    }
  })
})

describe('the number of a refusal', () => {
  const judged = wheel('2.0', { seals: mallory })
  const refused = { gate: 'prod', judged, name: 'demo', code: 'verify.identity' }
  const id = refusalId(refused)

  it('is eight digits, the same each time', () => {
    expect(id).toMatch(/^[0-9a-f]{8}$/)
    expect(refusalId({ ...refused })).toBe(id)
  })

  it('is another one for another gate, code, file, signer or a whole name', () => {
    const others = [
      { ...refused, gate: 'other' },
      { ...refused, code: 'gate.changed' },
      { ...refused, judged: wheel('2.1', { seals: mallory }) },
      { ...refused, judged: wheel('2.0', { seals: sealedBy(pipeline('eve/demo')) }) },
      { gate: 'prod', name: 'demo', code: 'verify.identity' },
    ]
    expect(new Set([id, ...others.map((one) => refusalId(one))]).size).toBe(6)
  })

  it('does not depend on the time or the name of a file that has a digest', () => {
    const later = wheel('2.0', { seals: mallory, ageDays: 1, firstSeenAtMs: 3 * DAY })
    expect(refusalId({ ...refused, judged: later })).toBe(id)
  })

  it('tells files without a digest apart', () => {
    const one = { ...refused, judged: wheel('2.0', { sha256: null, seals: unsigned }) }
    const other = { ...refused, judged: wheel('2.1', { sha256: null, seals: unsigned }) }
    expect(refusalId(one)).not.toBe(refusalId(other))
  })

  it('stands in the link of its sentence', () => {
    const { ground } = decideLast([judged])
    const made = refusalOf({
      gate: 'prod',
      name: 'demo',
      ground: ground!,
      judged,
      linkFor: (one) => `http://g/why/${one}`,
    })
    expect(made.id).toBe(id)
    expect(made.sentence).toContain(`; see http://g/why/${id}`)
  })
})
