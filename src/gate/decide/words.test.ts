import { describe, expect, it } from 'vitest'
import type { JudgedFile, NameFacts } from '../facts.ts'
import {
  blind,
  byHistory,
  DAY,
  decideLast,
  notJudged,
  NOW,
  pin,
  pipeline,
  sdist,
  sealedBy,
  unreachable,
  unsigned,
  wheel,
  workflow,
  cp,
  mallory,
  at,
} from './arrange.ts'
import type { NameQuestion } from './question.ts'

type Words = readonly [
  fact: string,
  files: readonly JudgedFile[],
  changes?: Partial<NameQuestion>,
  facts?: Partial<NameFacts>,
]

const WORDS: readonly Words[] = [
  [
    'was signed by gitlab.com/mallory/demo, expected gitlab.com/acme/demo',
    [wheel('2.0', { seals: mallory })],
  ],
  [
    'was signed by gitlab.com/acme/demo//.gitlab-ci.yml@refs/heads/x, expected gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1',
    [
      wheel('2.0', {
        seals: sealedBy({ ...pipeline(), san: 'https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/heads/x' }),
      }),
    ],
  ],
  ['has no seal, and rule 1 of policy.toml (name demo) asks for one', [wheel('2.0', { seals: unsigned })]],
  [
    'has no seal, but releases since 1.0 (2026-08-21) have',
    [wheel('1.0'), wheel('2.0', { seals: unsigned, ageDays: 8 })],
    { rule: byHistory },
  ],
  [
    "was signed by gitlab.com/mallory/demo, earlier releases by gitlab.com/acme/demo; approve with 'wheelseal gate approve demo'",
    [wheel('2.0', { seals: mallory, ageDays: 8 })],
    { rule: byHistory },
    { pins: [pin] },
  ],
  [
    "was signed by github.com/acme/demo with .github/workflows/evil.yml, earlier releases by github.com/acme/demo with .github/workflows/release.yml; approve with 'wheelseal gate approve demo'",
    [wheel('2.0', { seals: sealedBy(workflow('acme/demo', { file: 'evil.yml' })), ageDays: 8 })],
    { rule: byHistory },
    {
      pins: [
        {
          ...pin,
          issuer: workflow('').issuer,
          repository: { kind: 'id', value: '8' },
          shown: 'github.com/acme/demo',
          workflow: '.github/workflows/release.yml',
        },
      ],
    },
  ],
  [
    'is 2 of 7 days old, served from 2026-12-04 00:00 UTC on',
    [wheel('2.0', { ageDays: 2 })],
    { rule: byHistory },
  ],
  [
    'joined 2.0 after 392 days, and gitlab.com/acme/demo did not sign it',
    [cp('cp313', { ageDays: 400 }), cp('cp314', { ageDays: 8, seals: unsigned })],
    { rule: { ...byHistory, partial: 'allow' } },
    { pins: [pin] },
  ],
  [
    'another file of the release is refused: demo-2.0-py3-none-any.whl [verify.identity]',
    [wheel('2.0', { seals: mallory }), sdist('2.0')],
  ],
  ['no rule of policy.toml lists it', [wheel('2.0')], { rule: undefined }],
  [
    'its metadata is not that of the wheel',
    [wheel('2.0', { mismatch: { kind: 'metadata', expected: '', found: '' } })],
  ],
  [
    'pypi sent other bytes than its page says',
    [wheel('2.0', { mismatch: { kind: 'digest', expected: '', found: '' } })],
  ],
  ['the page of pypi gives no sha256', [wheel('2.0', { sha256: null })]],
  ['pypi took it back on 2026-11-28', [wheel('2.0', { goneAtMs: NOW - DAY })]],
  ['pypi never tells of seals; set provenance_url or seals', [wheel('2.0', { seals: blind })]],
  ['pypi did not answer, and nothing is kept', [wheel('2.0', { seals: unreachable })]],
  ['pypi was last seen 8 days ago, the limit is 7', [wheel('2.0')], {}, { freshAtMs: NOW - 8 * DAY }],
  [
    'the trust root ended on 2026-11-28',
    [wheel('2.0', { seals: notJudged })],
    at({ trustUntilMs: NOW - DAY }),
  ],
]

describe('what a user reads', () => {
  for (const [fact, files, changes = {}, facts = {}] of WORDS)
    it(`is: ${fact}`, () => {
      expect(decideLast(files, changes, facts).ground?.fact).toBe(fact)
    })
})
