import { describe, expect, it } from 'vitest'
import {
  byHistory,
  DAY,
  decideLast,
  factsOf,
  NOW,
  pin,
  pipeline,
  question,
  sealedBy,
  unsigned,
  wheel,
} from './arrange.ts'
import { decideName } from './decide.ts'

describe('a whole name', () => {
  it('that is private and unknown to its upstream has a ground, and no files', () => {
    const decided = decideName(question(factsOf([], { isPrivate: true, upstream: 'ours' })))
    expect(decided.ground?.fact).toBe('is a private name, and ours has no such package')
    expect(decided.releases.size).toBe(0)
  })

  it('is decided until the first of its files may be', () => {
    const files = [wheel('1.0', { ageDays: 1 }), wheel('2.0', { ageDays: 3 })]
    expect(decideName(question(factsOf(files), { rule: byHistory })).untilMs).toBe(NOW + 4 * DAY)
  })
})

describe('a note', () => {
  it('tells of a repository that has moved', () => {
    const seals = sealedBy(pipeline('acme/renamed', { sourceRepositoryIdentifier: '7' }))
    const { notes } = decideLast([wheel('2.0', { seals })], { rule: byHistory }, { pins: [pin] })
    expect(notes).toEqual(['renamed: gitlab.com/acme/demo is now gitlab.com/acme/renamed'])
  })

  it('tells that nobody is known to sign yet', () => {
    expect(decideLast([wheel('2.0')], { rule: byHistory }).notes).toEqual([
      'learning: too few sealed releases show who signs this package',
    ])
  })

  it('tells what has settled', () => {
    const { notes } = decideLast([wheel('1.0'), wheel('2.0', { seals: unsigned, ageDays: 40 })], {
      rule: byHistory,
    })
    expect(notes).toEqual(['settled: has no seal, but releases since 1.0 (2026-08-21) have'])
  })
})
