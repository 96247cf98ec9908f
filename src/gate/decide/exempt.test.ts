import { describe, expect, it } from 'vitest'
import {
  broken,
  DAY,
  decideLast,
  exemption,
  NOW,
  sdist,
  strict,
  unsigned,
  wheel,
  tell,
  type Case,
} from './arrange.ts'

const exempted = (changes: Parameters<typeof exemption>[0]) => ({ exemptions: [exemption(changes)] })
const own = wheel('2.0').file.sha256!
const EXEMPT: readonly Case[] = [
  ['by its name', 'allowed', [wheel('2.0', { seals: unsigned })], exempted({})],
  [
    'by the name of another package',
    'refused gate.unsigned',
    [wheel('2.0', { seals: unsigned })],
    exempted({ name: 'other' }),
  ],
  [
    'by nothing',
    'refused gate.unsigned',
    [wheel('2.0', { seals: unsigned })],
    { exemptions: [{ codes: new Set(['gate.unsigned']), reason: '', untilMs: NOW + 1, by: '', where: '' }] },
  ],
  ['by its version', 'allowed', [wheel('2.0', { seals: unsigned })], exempted({ versionKey: '2' })],
  [
    'by another version',
    'refused gate.unsigned',
    [wheel('2.0', { seals: unsigned })],
    exempted({ versionKey: '1' }),
  ],
  ['by its digest', 'allowed', [wheel('2.0', { seals: unsigned })], exempted({ sha256: own })],
  [
    'by another digest',
    'refused gate.unsigned',
    [wheel('2.0', { seals: unsigned })],
    exempted({ sha256: 'ab' }),
  ],
  [
    'with another code',
    'refused gate.unsigned',
    [wheel('2.0', { seals: unsigned })],
    exempted({ codes: new Set(['gate.held']) }),
  ],
  ['until now', 'refused gate.unsigned', [wheel('2.0', { seals: unsigned })], exempted({ untilMs: NOW })],
  [
    'from a broken signature by its name',
    'refused verify.signature',
    [wheel('2.0', { seals: broken })],
    exempted({ codes: new Set(['verify.signature']), versionKey: '2' }),
  ],
  [
    'from a broken signature by its digest',
    'allowed',
    [wheel('2.0', { seals: broken })],
    exempted({ codes: new Set(['verify.signature']), sha256: own }),
  ],
  [
    'from other bytes',
    'refused gate.digest',
    [wheel('2.0', { changedSha256: 'ab' })],
    exempted({ codes: new Set(['gate.digest']), sha256: own }),
  ],
  [
    'from other metadata',
    'refused gate.metadata',
    [wheel('2.0', { mismatch: { kind: 'metadata', expected: 'a', found: 'b' } })],
    exempted({ codes: new Set(['gate.metadata']), sha256: own }),
  ],
  [
    'whose exempt neighbour is unsigned',
    'allowed',
    [wheel('2.0', { seals: unsigned }), sdist('2.0')],
    exempted({ sha256: own }),
  ],
]

describe('a file that is exempt', () => {
  tell(strict, EXEMPT)
})

describe('an exemption', () => {
  it('still lists what it is exempt from, and by what', () => {
    const { grounds, untilMs } = decideLast([wheel('2.0', { seals: unsigned })], exempted({}))
    expect(grounds).toEqual([
      {
        code: 'gate.unsigned',
        fact: 'has no seal, and rule 1 of policy.toml (name demo) asks for one',
        exemptedBy: 'exempt[1] of policy.toml',
      },
    ])
    expect(untilMs).toBe(NOW + 7 * DAY)
  })
})
