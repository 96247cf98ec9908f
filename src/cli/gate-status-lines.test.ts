import { describe, expect, it } from 'vitest'
import type { CountedRefusal, GateStatus } from '../gate/index.ts'
import { statusLines } from './gate-status-lines.ts'

const REFUSED: CountedRefusal = {
  ...{ id: '9f3a61c2', gate: 'prod', name: 'demo', version: '2.0', fileName: 'demo-2.0.tar.gz' },
  ...{ code: 'verify.identity', sentence: '', report: '{}', firstAtMs: 0, lastAtMs: 0, count: 6 },
}

const STATUS: GateStatus = {
  gate: 'prod',
  mode: 'enforce',
  policy: { path: 'policy.toml', sha256: '9b1c22'.repeat(10), rules: 12, exemptions: 1 },
  upstreams: [
    { name: 'ours', okAt: '1970-01-01T00:00:00.000Z', failedAt: null, fact: null, trustUntil: null },
    { name: 'pypi', okAt: null, failedAt: null, fact: null, trustUntil: '2026-12-06T00:00:00.000Z' },
  ],
  counts: { served: 1204, held: 31, refused: 9, wouldRefuse: 3 },
  refused: [
    REFUSED,
    { ...REFUSED, name: 'a-name-that-is-long', version: '1.1', code: 'gate.unsigned', count: 1 },
  ],
  wouldRefuse: { grounds: [], releases: [] },
  pins: [],
  soon: ['exemption of numpy 1.26.4 ends in 6 days'],
  unused: ['demo 1.0 matched nothing for 45 days (exempt[1] of p.toml)'],
  cache: { files: 0, bytes: 0, maxBytes: 0 },
}

const shown = (changes: Partial<GateStatus> = {}, days = 1) =>
  statusLines({ ...STATUS, ...changes }, { days, nowMs: 4000 }).join('\n')

describe('the status of a gate', () => {
  it('is lines with a label', () => {
    expect(shown()).toBe(`gate prod   enforce, policy 9b1c22, 12 rules, 1 exemption
upstream    ours ok 4 s ago
            pypi not asked yet; trust until 2026-12-06
last day    1,204 served, 31 held, 9 refused
not served  demo 2.0                 verify.identity  6 times
            a-name-that-is-long 1.1  gate.unsigned    once
look at     exemption of numpy 1.26.4 ends in 6 days
unused      demo 1.0 matched nothing for 45 days (exempt[1] of p.toml)`)
  })

  it('breaks what is to be looked at within 80 columns', () => {
    const soon = ['1 link on the page of demo at pypi could not be read (it leads to a different host)']
    expect(shown({ soon }).split('\n').slice(6, 8)).toEqual([
      'look at     1 link on the page of demo at pypi could not be read (it leads to a',
      '              different host)',
    ])
  })

  it('in the mode warn says what enforce would refuse, by ground and the newest releases', () => {
    const release = { id: '1', name: 'demo', version: '2.0', files: 2, lastAtMs: 0 }
    const wouldRefuse = {
      grounds: [
        { code: 'gate.unsigned', releases: 12, files: 15, requests: 4000 },
        { code: 'gate.held', releases: 1, files: 1, requests: 1 },
      ],
      releases: [
        { ...release, code: 'gate.unsigned', requests: 7 },
        { ...release, version: '2.1.0', code: 'gate.held', requests: 1 },
      ],
    }
    const lines = shown({ mode: 'warn', wouldRefuse, refused: [], soon: [], unused: [] }, 7)
      .split('\n')
      .slice(3)
    expect(lines.join('\n')).toBe(`7 days      1,204 served; enforce would have refused 3 of them
by ground   gate.unsigned  12 releases  15 files  4,000 times
            gate.held      1 release    1 file    once
newest      demo 2.0    gate.unsigned  7 times
            demo 2.1.0  gate.held      once`)
  })
})
