import { describe } from 'vitest'
import { exactly } from '../../verify/index.ts'
import type { SealState } from '../facts.ts'
import {
  blind,
  broken,
  byHistory,
  DAY,
  holding,
  listed,
  notJudged,
  NOW,
  pipeline,
  sealedBy,
  strict,
  unreachable,
  unsigned,
  wheel,
  mallory,
  at,
  tell,
  type Case,
} from './arrange.ts'

const withTimestamp = { ...strict, policy: { ...listed, requires: ['timestamp' as const] } }

const MINUTE = 60_000
const signedThen = (signedAtMs: number) => ({ ...holding(), signedAtMs })
const signedAt = (signedAtMs: number): SealState => ({ kind: 'judged', verdicts: [signedThen(signedAtMs)] })

const CASES: readonly Case[] = [
  ['a file that the listed pipeline signed', 'allowed', [wheel('2.0')]],
  ['a file that somebody else signed', 'refused verify.identity', [wheel('2.0', { seals: mallory })]],
  [
    'a file with two seals, one of which is enough',
    'allowed',
    [wheel('2.0', { seals: { kind: 'judged', verdicts: [holding(pipeline('mallory/demo')), holding()] } })],
  ],
  ['a seal that does not hold', 'refused verify.signature', [wheel('2.0', { seals: broken })]],
  [
    'a seal of the right name by another issuer',
    'refused verify.issuer',
    [wheel('2.0', { seals: sealedBy({ ...pipeline(), issuer: 'https://evil.example' }) })],
  ],
  [
    'a seal of the right name with another id',
    'refused verify.claims',
    [wheel('2.0')],
    {
      rule: {
        ...strict,
        policy: {
          ...listed,
          anyOf: [
            {
              ...listed.anyOf[0]!,
              extensions: [{ extension: 'sourceRepositoryIdentifier', rule: exactly('9') }],
            },
          ],
        },
      },
    },
  ],
  [
    'a seal without a timestamp that the rule requires',
    'refused verify.policy',
    [wheel('2.0')],
    { rule: withTimestamp },
  ],
  [
    'a seal with a timestamp that the rule requires',
    'allowed',
    [wheel('2.0', { seals: { kind: 'judged', verdicts: [holding(pipeline(), { timestamp: true })] } })],
    { rule: withTimestamp },
  ],
  ['an unsigned file', 'refused gate.unsigned', [wheel('2.0', { seals: unsigned })]],
  [
    'a list of no seals',
    'refused gate.unsigned',
    [wheel('2.0', { seals: { kind: 'judged', verdicts: [] } })],
  ],
  [
    'an unsigned file where the rule asks for none',
    'allowed',
    [wheel('2.0', { seals: unsigned })],
    { rule: { ...strict, unsigned: 'allow' } },
  ],
  [
    'a stranger where the rule asks for no seal but lists who may sign',
    'refused verify.identity',
    [wheel('2.0', { seals: mallory })],
    { rule: { ...strict, unsigned: 'allow' } },
  ],
  [
    'a stranger where the rule does not care for seals',
    'allowed',
    [wheel('2.0', { seals: mallory })],
    { rule: { ...strict, unsigned: 'allow', policy: { anyOf: [] } } },
  ],
  ['a name that no rule lists', 'refused gate.unlisted', [wheel('2.0')], { rule: undefined }],
  [
    'a policy that refuses the name',
    'refused gate.unlisted',
    [wheel('2.0')],
    { rule: { ...strict, policy: { ...listed, refusal: 'no rule' } } },
  ],
  ['a package in quarantine', 'refused gate.quarantined', [wheel('2.0')], {}, { status: 'quarantined' }],
  ['an archived package', 'allowed', [wheel('2.0')], {}, { status: 'archived' }],
  ['a file that is gone', 'refused gate.gone', [wheel('2.0', { goneAtMs: NOW - DAY })]],
  [
    'a page that is as old as it may be',
    'refused gate.stale',
    [wheel('2.0')],
    {},
    { freshAtMs: NOW - 7 * DAY },
  ],
  ['a page that is nearly that old', 'allowed', [wheel('2.0')], {}, { freshAtMs: NOW - 7 * DAY + 1 }],
  ['a file that nobody has judged', 'not judged', [wheel('2.0', { seals: notJudged })]],
  [
    'a file that nobody has judged and nobody asks about',
    'allowed',
    [wheel('2.0', { seals: notJudged })],
    { rule: { ...strict, unsigned: 'allow', policy: { anyOf: [] } } },
  ],
  [
    'a file that cannot be judged for want of a trust root',
    'refused gate.trust',
    [wheel('2.0', { seals: notJudged })],
    at({ trustUntilMs: NOW }),
  ],
  ['a kept verdict after the end of the trust root', 'allowed', [wheel('2.0')], at({ trustUntilMs: NOW })],
  [
    'a file that cannot be judged for want of a clock',
    'refused gate.clock',
    [wheel('2.0', { seals: notJudged })],
    at({ clockFact: 'this clock is before the newest signed time' }),
  ],
  [
    'a file that was signed at a time that is still to come',
    'refused gate.clock',
    [wheel('2.0', { seals: signedAt(NOW + 5 * MINUTE + 1) })],
  ],
  [
    'a file that was signed by a clock a little ahead',
    'allowed',
    [wheel('2.0', { seals: signedAt(NOW + 5 * MINUTE) })],
  ],
  [
    'a file of which one seal is of a time that is still to come',
    'allowed',
    [wheel('2.0', { seals: { kind: 'judged', verdicts: [signedThen(NOW + DAY), holding()] } })],
  ],
  [
    'kept seals of a time that is still to come',
    'refused gate.clock',
    [
      wheel('2.0', {
        seals: { kind: 'unreachable', fact: 'it answered 503', kept: [signedThen(NOW + DAY)] },
      }),
    ],
  ],
  [
    'a kept verdict while the clock is wrong',
    'allowed',
    [wheel('2.0')],
    at({ clockFact: 'this clock is before the newest signed time' }),
  ],
  ['seals that could not be fetched', 'refused gate.upstream', [wheel('2.0', { seals: unreachable })]],
  [
    'seals that could not be fetched, with a kept one that is enough',
    'allowed',
    [wheel('2.0', { seals: { kind: 'unreachable', fact: 'it answered 503', kept: [holding()] } })],
  ],
  [
    'seals that could not be fetched, with a kept one of a stranger',
    'refused gate.upstream',
    [
      wheel('2.0', {
        seals: { kind: 'unreachable', fact: '503', kept: [holding(pipeline('mallory/demo'))] },
      }),
    ],
  ],
  ['an upstream that never tells of seals', 'refused gate.blind', [wheel('2.0', { seals: blind })]],
  [
    'a blind upstream where only lost seals matter',
    'allowed',
    [wheel('2.0', { seals: blind })],
    { rule: byHistory },
  ],
  [
    'an upstream that has become blind',
    'refused gate.blind',
    [wheel('1.0'), wheel('2.0', { seals: blind, ageDays: 8 })],
    { rule: byHistory },
  ],
  [
    'a blind upstream where the rule does not care for seals',
    'allowed',
    [wheel('2.0', { seals: blind })],
    { rule: { ...strict, unsigned: 'allow', policy: { anyOf: [] } } },
  ],
  ['a page without a sha256', 'refused gate.digest', [wheel('2.0', { sha256: null })]],
  ['a digest that was another one', 'refused gate.digest', [wheel('2.0', { changedSha256: 'ab' })]],
  [
    'bytes that were others',
    'refused gate.digest',
    [wheel('2.0', { mismatch: { kind: 'digest', expected: 'a', found: 'b' } })],
  ],
  [
    'metadata that was not that of the wheel',
    'refused gate.metadata',
    [wheel('2.0', { mismatch: { kind: 'metadata', expected: 'a', found: 'b' } })],
  ],
  ['a yanked file', 'allowed', [wheel('2.0', { yanked: 'broken' })]],
]

describe('a file of a rule that lists who may sign', () => {
  tell(strict, CASES)
})
