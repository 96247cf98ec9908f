import { describe, expect, it } from 'vitest'
import type { PolicyTrial, TrialChange } from '../gate/index.ts'
import { isSafe, trialLines } from './gate-try-lines.ts'

const NOTHING: TrialChange = { files: 0, served: 0, grounds: [], releases: [] }
const UNSIGNED = { code: 'gate.unsigned', files: 2, served: 1 }
const REFUSED: TrialChange = {
  files: 2,
  served: 1,
  grounds: [{ ...UNSIGNED, releases: 22 }],
  releases: Array.from({ length: 22 }, (_, at) => ({
    ...UNSIGNED,
    name: 'demo',
    version: `${at}`,
    sentence: `refused (gate.unsigned): demo ${at} has no seal`,
  })),
}
const TRIAL: PolicyTrial = {
  gate: 'prod',
  mode: 'warn',
  policy: { path: 'next.toml', sha256: '5f02aa'.repeat(10), rules: 2, exemptions: 1 },
  now: { path: 'policy.toml', sha256: '9b1c22'.repeat(10), rules: 1, exemptions: 0 },
  looked: { days: 30, names: 212, files: 3402, served: 640, isAll: true },
  refused: NOTHING,
  allowed: NOTHING,
  notJudged: NOTHING,
}

describe('what another policy would change', () => {
  it('is little where nothing is', () => {
    expect(trialLines(TRIAL).join('\n')).toBe(`gate prod   warn, policy 9b1c22
would be    enforce, policy 5f02aa, 2 rules, 1 exemption
looked at   212 packages of the last 30 days, 3,402 files
            served so far: 640 of these files
nothing that the gate has served would be refused`)
  })

  it('is of one package where one is named', () => {
    const looked = { ...TRIAL.looked, days: null, names: 1, files: 2 }
    expect(trialLines({ ...TRIAL, looked })).toContain('looked at   1 package, 2 files')
  })

  it('has the sentences of twenty releases of which some was served, and the number of the rest', () => {
    const lines = trialLines({ ...TRIAL, refused: REFUSED })
    expect(lines.slice(4, 7)).toEqual([
      'refused     gate.unsigned  22 releases  2 files  1 served',
      'would be refused:',
      '  refused (gate.unsigned): demo 0 has no seal',
    ])
    expect(lines.slice(-2)).toEqual([
      '  and 2 more releases: see --json',
      '1 file that the gate has served would be refused',
    ])
  })

  it('has examples of what was never served only where nothing else is', () => {
    const unserved = REFUSED.releases.map((one) => ({ ...one, served: 0 }))
    const mixed = [...REFUSED.releases.slice(0, 1), ...unserved.slice(1)]
    const of = (releases: typeof unserved): readonly string[] =>
      trialLines({ ...TRIAL, refused: { ...REFUSED, releases } }).slice(5, -1)
    expect(of(mixed)).toHaveLength(3)
    expect(of(mixed).at(-1)).toBe('  and 21 more releases: see --json')
    expect(of(unserved)).toHaveLength(7)
  })

  it('fits 80 columns', () => {
    const sentence =
      'refused (gate.blind): demo 1.0: upstream never tells of seals; set provenance_url or seals'
    const releases = [{ ...UNSIGNED, name: 'demo', version: '1.0', sentence }]
    const lines = trialLines({ ...TRIAL, refused: { ...REFUSED, releases } })
    expect(lines.slice(6, 8)).toEqual([
      '  refused (gate.blind): demo 1.0: upstream never tells of seals; set',
      '    provenance_url or seals',
    ])
  })

  it.each<[boolean, Partial<PolicyTrial>]>([
    [true, { refused: { ...REFUSED, served: 0 }, allowed: REFUSED }],
    [false, { refused: REFUSED }],
    [false, { notJudged: REFUSED }],
    [false, { looked: { ...TRIAL.looked, isAll: false } }],
  ])(
    'is safe: %s, where nothing that was served may be refused, and nothing was left out',
    (safe, changes) => {
      expect(isSafe({ ...TRIAL, ...changes })).toBe(safe)
      expect(trialLines({ ...TRIAL, ...changes }).at(-1)).toMatch(safe ? /^nothing that/ : /^\d|^nothing of/)
    },
  )
})
