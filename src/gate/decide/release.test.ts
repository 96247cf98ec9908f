import { describe } from 'vitest'
import {
  broken,
  byHistory,
  NOW,
  pin,
  sdist,
  strict,
  unsigned,
  wheel,
  cp,
  mallory,
  tell,
  type Case,
} from './arrange.ts'

const lax = { ...byHistory, partial: 'allow' as const }

const RELEASES: readonly Case[] = [
  [
    'an sdist beside a wheel of a stranger',
    'refused gate.release',
    [wheel('2.0', { seals: mallory }), sdist('2.0')],
  ],
  ['an sdist beside a broken seal', 'refused gate.release', [wheel('2.0', { seals: broken }), sdist('2.0')]],
  [
    'an sdist beside other bytes',
    'refused gate.release',
    [wheel('2.0', { mismatch: { kind: 'digest', expected: 'a', found: 'b' } }), sdist('2.0')],
  ],
  ['an sdist of another release', 'allowed', [wheel('2.0', { seals: mallory }), sdist('1.0')]],
  [
    'an sdist beside a stranger that is gone',
    'allowed',
    [wheel('2.0', { seals: mallory, goneAtMs: NOW }), sdist('2.0')],
  ],
  [
    'an sdist beside a file that waits',
    'allowed',
    [wheel('2.0', { ageDays: 1 }), sdist('2.0', { ageDays: 9 })],
    { rule: byHistory },
  ],
  [
    'a sealed file beside an unsigned one',
    'refused gate.release',
    [wheel('2.0', { seals: unsigned }), sdist('2.0')],
  ],
  [
    'a sealed file beside an unsigned one, where those alone are refused',
    'allowed',
    [wheel('2.0', { seals: unsigned }), sdist('2.0')],
    { rule: { ...strict, partial: 'sealed-only' } },
  ],
  [
    'an unsigned file beside a sealed one, where those alone are refused',
    'refused gate.unsigned',
    [sdist('2.0'), wheel('2.0', { seals: unsigned })],
    { rule: { ...strict, partial: 'sealed-only' } },
  ],
  [
    'an unsigned file beside a sealed one, where each goes for itself',
    'allowed',
    [sdist('2.0'), wheel('2.0', { seals: unsigned })],
    { rule: { ...byHistory, partial: 'allow' } },
  ],
  [
    'an unsigned file beside a sealed one of a later release, where each goes for itself',
    'refused gate.downgrade',
    [wheel('1.0'), sdist('2.0', { ageDays: 8 }), wheel('2.0', { seals: unsigned, ageDays: 8 })],
    { rule: { ...byHistory, partial: 'allow' } },
  ],
  [
    'an unsigned file of the first release with seals',
    'refused gate.unsigned',
    [sdist('2.0', { ageDays: 8 }), wheel('2.0', { seals: unsigned, ageDays: 8 })],
    { rule: byHistory },
  ],
  [
    'an unsigned file of the first release with seals, where that is allowed',
    'allowed',
    [sdist('2.0', { ageDays: 8 }), wheel('2.0', { seals: unsigned, ageDays: 8 })],
    { rule: lax },
  ],
  [
    'a file that joins on the last day',
    'allowed',
    [cp('cp313', { ageDays: 414, seals: unsigned }), cp('cp314', { ageDays: 400, seals: unsigned })],
    { rule: byHistory },
  ],
  [
    'a late file that the pinned pipeline signed',
    'allowed',
    [cp('cp313', { ageDays: 400 }), cp('cp314', { ageDays: 8 })],
    { rule: byHistory },
    { pins: [pin] },
  ],
  [
    'a late file that nobody signed',
    'refused gate.late',
    [cp('cp313', { ageDays: 400, seals: unsigned }), cp('cp314', { ageDays: 8, seals: unsigned })],
    { rule: byHistory },
  ],
  [
    'a late file of somebody while nobody is known to sign',
    'refused gate.late',
    [cp('cp313', { ageDays: 400 }), cp('cp314', { ageDays: 8 })],
    { rule: byHistory },
  ],
  [
    'a late file that has settled',
    'allowed',
    [cp('cp313', { ageDays: 400, seals: unsigned }), cp('cp314', { ageDays: 31, seals: unsigned })],
    { rule: byHistory },
  ],
  [
    'a late unsigned file of a rule that lists who may sign, after any time',
    'refused gate.late',
    [cp('cp313', { ageDays: 400, seals: unsigned }), cp('cp314', { ageDays: 300, seals: unsigned })],
    { rule: { ...strict, unsigned: 'allow' } },
  ],
]

describe('a file beside others of its release', () => {
  tell(strict, RELEASES)
})
