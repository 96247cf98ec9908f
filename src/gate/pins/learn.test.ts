import { describe, expect, it } from 'vitest'
import {
  DAY,
  factsOf,
  mallory,
  notJudged,
  NOW,
  pin,
  pipeline,
  sealedBy,
  unsigned,
  wheel,
  type FileChanges,
} from '../decide/arrange.ts'
import type { JudgedFile, NameFacts, SealState } from '../facts.ts'
import { historySample, learnPins, type Learning } from './learn.ts'

const learning: Learning = { nowMs: NOW, settleMs: 30 * DAY }
const evil = pipeline('mallory/demo')
const branch = pipeline('acme/demo', { sourceRepositoryRef: 'refs/heads/main' })

function sealedAt(daysAgo: number, identity = pipeline()): SealState {
  const seals = sealedBy(identity)
  const verdicts = seals.kind === 'judged' ? seals.verdicts : []
  return {
    kind: 'judged',
    verdicts: verdicts.map((one) => Object.assign({}, one, { signedAtMs: NOW - daysAgo * DAY })),
  }
}

/** Signed when it was uploaded. */
function old(version: string, ageDays: number, changes: FileChanges & { by?: typeof evil } = {}): JudgedFile {
  const { by, ...others } = changes
  return wheel(version, { ageDays, seals: sealedAt(ageDays, by), ...others })
}

type LearnCase = readonly [
  what: string,
  expected: readonly string[],
  files: readonly JudgedFile[],
  facts?: Partial<NameFacts>,
  changes?: Partial<Learning>,
]

const OURS = ['gitlab.com/acme/demo tag']
const two = [old('1.0', 100), old('2.0', 50)]
const newer = ['2', '3', '4', '5', '6'].map((one, at) => old(one, 100 - at, { by: pipeline(`x${at}/demo`) }))

const CASES: readonly LearnCase[] = [
  ['two releases, one of them old enough', OURS, [old('1.0', 14), old('2.0', 0)]],
  ['two releases that are both too young', [], [old('1.0', 13.9), old('2.0', 0)]],
  ['one release', [], [old('1.0', 100)]],
  [
    'two files of one release',
    [],
    [old('1.0', 100), old('1.0', 90, { fileName: 'demo-1.0-py2-none-any.whl', by: branch })],
  ],
  ['two releases of different repositories', [], [old('1.0', 100), old('2.0', 50, { by: evil })]],
  ['two of the newest five releases', OURS, [...two, ...newer.slice(0, 3)]],
  ['two releases before the newest five', [], [old('1.0', 300), old('1.1', 299), ...newer]],
  [
    'one release of a tag and one of a branch',
    ['gitlab.com/acme/demo branch', ...OURS],
    [old('1.0', 100), old('2.0', 90, { by: branch })],
  ],
  ['two releases, one of them gone', [], [old('1.0', 100), old('2.0', 50, { goneAtMs: NOW })]],
  ['two releases, one of them yanked', [], [old('1.0', 100), old('2.0', 50, { yanked: '' })]],
  [
    'two releases that were signed long after the upload that their page tells',
    [],
    [wheel('1.0', { seals: sealedAt(1), ageDays: 99 }), wheel('2.0', { seals: sealedAt(1), ageDays: 98 })],
  ],
  ['releases of a private name', [], two, { isPrivate: true }],
  ['what is pinned already', [], two, { pins: [pin] }],
  [
    'another repository than the pinned one, settled',
    ['gitlab.com/mallory/demo tag'],
    [old('1.0', 60, { by: evil }), old('2.0', 30, { by: evil })],
    { pins: [pin] },
  ],
  [
    'another repository than the pinned one, not settled',
    [],
    [old('1.0', 60, { by: evil }), old('2.0', 29.9, { by: evil })],
    { pins: [pin] },
  ],
  ['a release from before the pins were ended', [], two, {}, { forgottenAtMs: NOW - 100 * DAY }],
  ['releases from after the pins were ended', OURS, two, {}, { forgottenAtMs: NOW - 101 * DAY }],
]

describe('who signs a name', () => {
  for (const [what, expected, files, facts = {}, changes = {}] of CASES)
    it(`by ${what}: ${expected.join(', ') || 'unknown'}`, () => {
      const pins = learnPins(factsOf(files, facts), { ...learning, ...changes })
      expect(pins.map(({ shown, refKind }) => `${shown} ${refKind}`)).toEqual(expected)
    })

  it('is a pin with the repository by its id, and with the files it comes from', () => {
    expect(learnPins(factsOf(two), learning)).toEqual([
      {
        ...pin,
        sinceMs: NOW - 100 * DAY,
        fromFiles: ['demo-2.0-py3-none-any.whl', 'demo-1.0-py3-none-any.whl'],
      },
    ])
  })
})

describe('what must be judged for the history', () => {
  it('is one file of each of the newest releases that may have a seal, unless one is judged', () => {
    const provenance = { kind: 'at', url: 'https://pypi.example/p' } as const
    const files = [
      wheel('1.0', { seals: notJudged, provenance, ageDays: 50 }),
      wheel('2.0', { seals: mallory, ageDays: 40 }),
      wheel('3.0', { seals: unsigned, ageDays: 30 }),
      wheel('4.0', { seals: notJudged, provenance: { kind: 'unsaid' }, ageDays: 20 }),
      wheel('5.0', { seals: notJudged, ageDays: 10 }),
    ]
    expect(historySample(factsOf(files)).map(({ file }) => file.version)).toEqual(['4.0', '1.0'])
  })
})
