import { describe, expect, it } from 'vitest'
import {
  byHistory,
  cp,
  exemption,
  factsOf,
  mallory,
  notJudged,
  NOW,
  pin,
  pipeline,
  question,
  sdist,
  sealedBy,
  unsigned,
  wheel,
  workflow,
} from './decide/arrange.ts'
import type { NameQuestion } from './decide/question.ts'
import type { JudgedFile, NameFacts } from './facts.ts'
import { releaseReport } from './release-report.ts'
import type { ReleaseReport } from './report.ts'

/** Of the last file's release. */
function report(
  files: readonly JudgedFile[],
  changes: Partial<NameQuestion> = {},
  facts: Partial<NameFacts> = {},
): ReleaseReport {
  const { versionKey } = files.at(-1)!.file
  return releaseReport({
    gate: 'prod',
    mode: 'enforce',
    policySha256: '9b'.repeat(32),
    question: { ...question(factsOf(files, facts), changes), versionKey },
    urlOf: ({ fileName }) => `http://gate.example/${fileName}`,
    sentenceOf: (_, { code }) => `refused [${code}]`,
  })!
}

const stranger = wheel('2.0', { seals: mallory, ageDays: 8 })

describe('the report of a release', () => {
  it('tells of a refused file all that there is', () => {
    const made = report([wheel('1.1'), stranger], { rule: byHistory }, { pins: [pin] })
    expect(made).toMatchObject({
      gate: 'prod',
      name: 'demo',
      version: '2.0',
      upstream: 'pypi',
      outcome: 'refused',
      rule: '[unlisted] of policy.toml',
      servedInstead: { version: '1.1', signedAt: '2026-08-21T00:00:00.000Z', logIndex: 3 },
      pins: [{ repository: 'gitlab.com/acme/demo', workflow: '.gitlab-ci.yml', by: 'history' }],
      next: [
        'keep demo<2.0, or if the move is real',
        'wheelseal gate approve demo --repository mallory/demo',
      ],
    })
    expect(made.files).toEqual([
      {
        fileName: 'demo-2.0-py3-none-any.whl',
        sha256: stranger.file.sha256,
        upstreamUrl: stranger.file.url,
        url: 'http://gate.example/demo-2.0-py3-none-any.whl',
        uploadedAt: '2026-11-21T00:00:00.000Z',
        uploadedAtIs: 'said',
        outcome: 'refused',
        code: 'gate.changed',
        sentence: 'refused [gate.changed]',
        until: '2026-12-06T00:00:00.000Z',
        grounds: [{ code: 'gate.changed', fact: expect.stringContaining('gitlab.com/mallory/demo') }],
        signer: {
          identity: pipeline('mallory/demo').san,
          issuer: 'https://gitlab.com',
          claims: pipeline('mallory/demo').extensions,
          signedAt: '2026-08-21T00:00:00.000Z',
          logIndex: 3,
        },
        notes: [],
      },
    ])
  })

  it('of an unknown version is none', () => {
    const one = { ...question(factsOf([wheel('1.0')])), versionKey: '9' }
    const asked = {
      gate: '',
      mode: 'enforce',
      policySha256: '',
      urlOf: () => '',
      sentenceOf: () => '',
    } as const
    expect(releaseReport({ ...asked, question: one })).toBeUndefined()
  })

  it('tells of a time that is the first sight of the gate', () => {
    const [file] = report([wheel('1.0', { uploadedAtMs: null, firstSeenAtMs: 0 })]).files
    expect(file).toMatchObject({ uploadedAt: '1970-01-01T00:00:00.000Z', uploadedAtIs: 'first seen' })
  })

  it('ends what is held at the full minute that the sentence names', () => {
    const uploadedAtMs = Date.UTC(2026, 10, 27, 10, 0, 1)
    const [file] = report([wheel('1.0', { uploadedAtMs })], { rule: byHistory }).files
    expect(file?.until).toBe('2026-12-04T10:01:00.000Z')
    expect(file?.grounds[0]?.fact).toContain('2026-12-04 10:01 UTC')
  })

  it('has a time of the calendar for an absurd one', () => {
    const [file] = report([wheel('1.0', { uploadedAtMs: 1e300 })], { rule: byHistory }).files
    expect(file).toMatchObject({
      uploadedAt: '9999-12-31T23:59:59.999Z',
      until: expect.stringMatching(/^\d{4}-/),
    })
  })

  it('is as bad as the worst file, and the one that is so for itself decides', () => {
    const made = report([wheel('1.0'), sdist('2.0'), stranger])
    expect(made.files.map(({ code }) => code)).toEqual(['gate.release', 'verify.identity'])
    expect(made.next.at(-1)).not.toContain('another release')
  })

  it('is as the rest where a file was taken back', () => {
    expect(report([wheel('1.0', { goneAtMs: NOW }), sdist('1.0')]).outcome).toBe('allowed')
    expect(report([wheel('1.0', { goneAtMs: NOW })]).outcome).toBe('refused')
  })

  it('keeps what an enemy wrote printable and short', () => {
    const evil = `\u001b[2J\n${'ä'.repeat(1 << 20)}`
    const seals = sealedBy({ ...pipeline(), san: evil, extensions: { runInvocationUri: evil } })
    const made = report(
      [wheel('2.0', { seals, url: evil })],
      {},
      { upstream: evil, pins: [{ ...pin, shown: evil }] },
    )
    const text = JSON.stringify(made)
    expect(text).toMatch(/^[ -~]*$/)
    expect(text.length).toBeLessThan(10_000)
  })
})

describe('what is served instead', () => {
  it.each<readonly [string, string | undefined, readonly JudgedFile[]]>([
    [
      'the newest version, not the last that came',
      '1.10',
      [wheel('1.10'), wheel('1.9', { ageDays: 1 }), stranger],
    ],
    ['a final version before a pre-release', '1.0', [wheel('1.0'), wheel('3.0rc1'), stranger]],
    [
      'a version that nobody has judged yet',
      '1.1',
      [wheel('1.0'), wheel('1.1', { seals: notJudged }), stranger],
    ],
    ['nothing where all are refused', undefined, [wheel('1.0', { seals: unsigned }), stranger]],
  ])('is %s', (_, version, files) => {
    expect(report(files).servedInstead?.version).toBe(version)
  })

  it('is not told of a release that is served', () => {
    expect(report([wheel('1.0'), wheel('2.0')])).toMatchObject({
      servedInstead: null,
      next: [],
      outcome: 'allowed',
    })
  })
})

describe('the next step', () => {
  it('for a file that waits is to wait', () => {
    const made = report([wheel('1.0'), wheel('2.0', { ageDays: 2 })], { rule: byHistory })
    expect(made.next).toEqual(['keep demo<2.0, or wait until 2026-12-04 00:00 UTC'])
  })

  it('for a file that nobody has judged is to do it', () => {
    expect(report([wheel('2.0', { seals: notJudged })]).next).toEqual(['wheelseal gate refresh demo'])
  })

  it('for any other refusal is that of its code', () => {
    expect(report([wheel('1.0'), wheel('2.0', { seals: unsigned })]).next).toEqual([
      'keep demo<2.0',
      'ask its maintainers to publish with attestations, or exempt the file in the policy',
    ])
  })

  it('where only a later version is served keeps none', () => {
    expect(report([wheel('3.0'), wheel('2.0', { seals: unsigned })]).next).toHaveLength(1)
  })

  it('names a repository of GitHub as one, and quotes what a shell would obey', () => {
    const seals = sealedBy(workflow("mallory/de'mo;id"))
    const made = report([wheel('2.0', { seals, ageDays: 8 })], { rule: byHistory }, { pins: [pin] })
    expect(made.next.at(-1)).toBe(String.raw`wheelseal gate approve demo --repository 'mallory/de'\''mo;id'`)
  })
})

const other = wheel('2.0', { seals: sealedBy(workflow('acme/demo')) })
const STATES: readonly (readonly [
  what: string,
  states: readonly string[],
  files: readonly JudgedFile[],
  changes?: Partial<NameQuestion>,
  facts?: Partial<NameFacts>,
])[] = [
  ['nothing sealed ever', ['no-provenance'], [wheel('1.0', { seals: unsigned })]],
  ['all sealed', ['full-provenance'], [wheel('1.0'), sdist('1.0')]],
  ['some sealed', ['partial-provenance'], [wheel('1.0', { seals: unsigned }), sdist('1.0')]],
  ['two signers', ['full-provenance', 'inconsistent'], [sdist('2.0'), other]],
  [
    'two refs of one signer',
    ['full-provenance'],
    [
      wheel('1.0', { seals: sealedBy(pipeline('acme/demo', { sourceRepositoryRef: 'refs/heads/x' })) }),
      sdist('1.0'),
    ],
  ],
  [
    'an earlier release sealed, years before',
    ['no-provenance', 'lost'],
    [wheel('1.0', { ageDays: 2000 }), wheel('2.0', { seals: unsigned, ageDays: 40 })],
  ],
  [
    'a later release sealed',
    ['no-provenance'],
    [wheel('2.0'), wheel('1.0', { seals: unsigned, ageDays: 200 })],
  ],
  ['another signer than before', ['full-provenance', 'changed'], [wheel('1.0', { ageDays: 2000 }), other]],
  [
    'a repository that has moved',
    ['full-provenance'],
    [
      wheel('1.0', { ageDays: 2000 }),
      wheel('2.0', { seals: sealedBy(pipeline('acme/new', { sourceRepositoryIdentifier: '7' })) }),
    ],
  ],
  [
    'a signer of some earlier release',
    ['full-provenance'],
    [wheel('1.0', { ageDays: 2000 }), wheel('1.1', { ageDays: 300, seals: other.seals }), wheel('2.0')],
  ],
  [
    'a file that waits, of the pinned signer',
    ['full-provenance', 'held', 'pinned'],
    [wheel('2.0', { ageDays: 1 })],
    { rule: byHistory },
    { pins: [pin] },
  ],
  [
    'a late file',
    ['no-provenance', 'late'],
    [cp('cp313', { ageDays: 400, seals: unsigned }), cp('cp314', { ageDays: 8, seals: unsigned })],
    { rule: byHistory },
  ],
  [
    'a file that is gone',
    ['full-provenance', 'gone'],
    [sdist('2.0', { goneAtMs: NOW, seals: unsigned }), wheel('2.0')],
  ],
  ['a quarantine', ['full-provenance', 'quarantined'], [wheel('2.0')], {}, { status: 'quarantined' }],
  [
    'an exemption',
    ['no-provenance', 'exempt'],
    [wheel('2.0', { seals: unsigned })],
    { exemptions: [exemption()] },
  ],
]

describe('the states of a release', () => {
  for (const [what, states, files, changes = {}, facts = {}] of STATES)
    it(`with ${what} are ${states.join(', ')}`, () => {
      expect(report(files, changes, facts).states).toEqual(states)
    })
})
