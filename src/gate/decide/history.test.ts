import { describe } from 'vitest'
import {
  broken,
  byHistory,
  DAY,
  notJudged,
  NOW,
  pin,
  pipeline,
  sealedBy,
  unsigned,
  wheel,
  mallory,
  tell,
  type Case,
} from './arrange.ts'

const HISTORY: readonly Case[] = [
  [
    'a file of a name that never had a seal',
    'allowed',
    [wheel('1.0', { seals: unsigned }), wheel('2.0', { seals: unsigned })],
  ],
  [
    'an unsigned file after a sealed release',
    'refused gate.downgrade',
    [wheel('1.0'), wheel('2.0', { seals: unsigned, ageDays: 8 })],
  ],
  [
    'an unsigned file after a release whose listed seal nobody has judged',
    'refused gate.downgrade',
    [
      wheel('1.0', { seals: notJudged, provenance: { kind: 'at', url: 'https://pypi.example/p' } }),
      wheel('2.0', { seals: unsigned, ageDays: 8 }),
    ],
  ],
  [
    'an unsigned file after a release whose seal does not hold',
    'allowed',
    [wheel('1.0', { seals: broken }), wheel('2.0', { seals: unsigned, ageDays: 8 })],
  ],
  [
    'an unsigned file before the first sealed release',
    'allowed',
    [wheel('2.0'), wheel('1.0', { seals: unsigned, ageDays: 101 })],
  ],
  [
    'an unsigned file of the same time as the first sealed release',
    'allowed',
    [wheel('2.0', { ageDays: 10 }), wheel('1.0', { seals: unsigned, ageDays: 10 })],
  ],
  [
    'an unsigned file that has settled',
    'allowed',
    [wheel('1.0'), wheel('2.0', { seals: unsigned, ageDays: 30 })],
  ],
  [
    'an unsigned file a moment before it has settled',
    'refused gate.downgrade',
    [wheel('1.0'), wheel('2.0', { seals: unsigned, ageDays: 30 - 1e-6 })],
  ],
  [
    'an unsigned file on an old line, as axios 0.30.4 was',
    'refused gate.downgrade',
    [wheel('1.14.0', { ageDays: 20 }), wheel('0.30.4', { seals: unsigned, ageDays: 0 })],
  ],
  [
    'an old unsigned back-port, as semver 6.3.1 is',
    'allowed',
    [wheel('7.5.2', { ageDays: 500 }), wheel('6.3.1', { seals: unsigned, ageDays: 480 })],
  ],
  [
    'a further back-port of a line that is made by hand',
    'held gate.held',
    [
      wheel('7.5.2', { ageDays: 500 }),
      wheel('6.3.1', { seals: unsigned, ageDays: 480 }),
      wheel('6.3.2', { seals: unsigned, ageDays: 300 }),
      wheel('7.6.0', { ageDays: 200 }),
      wheel('6.3.3', { seals: unsigned, ageDays: 8 }),
    ],
  ],
  [
    'a further back-port of a line that was made by hand only once',
    'refused gate.downgrade',
    [
      wheel('7.5.2', { ageDays: 500 }),
      wheel('6.3.1', { seals: unsigned, ageDays: 480 }),
      wheel('7.6.0', { ageDays: 200 }),
      wheel('6.3.3', { seals: unsigned, ageDays: 8 }),
    ],
  ],
  ['a sealed file while nobody is known to sign', 'allowed', [wheel('2.0', { seals: mallory })]],
  [
    "a sealed file of TanStack's kind, signed as ever and new",
    'held gate.held',
    [wheel('2.0', { ageDays: 0 })],
    {},
    { pins: [pin] },
  ],
  ['a file whose cooldown has just ended', 'allowed', [wheel('2.0', { ageDays: 7 })]],
  ['a file a moment before its cooldown ends', 'held gate.held', [wheel('2.0', { ageDays: 7 - 1e-6 })]],
  [
    'a file that says to come from the future',
    'held gate.held',
    [wheel('2.0', { ageDays: -400, firstSeenAtMs: NOW })],
  ],
  [
    'an old file without a time that was just seen',
    'held gate.held',
    [wheel('2.0', { uploadedAtMs: null, firstSeenAtMs: NOW - DAY })],
  ],
  ['a young file that nobody has judged', 'held gate.held', [wheel('2.0', { seals: notJudged, ageDays: 1 })]],
  ['a file that the pinned pipeline signed', 'allowed', [wheel('2.0')], {}, { pins: [pin] }],
  [
    'a file that another repository signed',
    'refused gate.changed',
    [wheel('2.0', { seals: mallory, ageDays: 8 })],
    {},
    { pins: [pin] },
  ],
  ['the same long after', 'allowed', [wheel('2.0', { seals: mallory, ageDays: 30 })], {}, { pins: [pin] }],
  [
    'a file that the pinned repository signed under a new name',
    'allowed',
    [
      wheel('2.0', {
        seals: sealedBy(pipeline('acme/renamed', { sourceRepositoryIdentifier: '7' })),
        ageDays: 8,
      }),
    ],
    {},
    { pins: [pin] },
  ],
  [
    'a file that another repository of the pinned name signed',
    'refused gate.changed',
    [
      wheel('2.0', {
        seals: sealedBy(pipeline('acme/demo', { sourceRepositoryIdentifier: '9' })),
        ageDays: 8,
      }),
    ],
    {},
    { pins: [pin] },
  ],
  [
    'a file that the pinned repository signed on a branch',
    'refused gate.changed',
    [
      wheel('2.0', {
        seals: sealedBy(pipeline('acme/demo', { sourceRepositoryRef: 'refs/heads/x' })),
        ageDays: 8,
      }),
    ],
    {},
    { pins: [pin] },
  ],
  [
    'a file of a private name whose signer was only learned',
    'refused verify.identity',
    [wheel('2.0')],
    {},
    { pins: [pin], isPrivate: true },
  ],
  [
    'a file of a private name whose signer was approved',
    'allowed',
    [wheel('2.0')],
    {},
    { pins: [{ ...pin, by: 'ann' }], isPrivate: true },
  ],
]

describe('a file of a rule that goes by history', () => {
  tell(byHistory, HISTORY)
})
