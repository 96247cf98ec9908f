import { describe, expect, it } from 'vitest'
import { ALLOWED, LINKED, REFUSED, REFUSED_FILE } from '../client/why/arrange.ts'
import type { Why } from '../client/why/index.ts'
import type { FileReport, ReleaseReport } from '../gate/index.ts'
import { whyJson, whyLines } from './why-report.ts'

const about = (report: ReleaseReport, more: Partial<Why> = {}): Why => ({
  gateUrl: 'http://127.0.0.1:7712/gate/prod',
  report,
  refusal: null,
  file: null,
  outcome: report.outcome,
  isAllowed: report.outcome === 'allowed',
  ...more,
})
const lines = (...given: Parameters<typeof about>): readonly string[] => whyLines(about(...given))

describe('what why says', () => {
  it('of a refused release, in sixty columns', () => {
    const { refusal } = LINKED
    expect(lines(REFUSED, { refusal })).toEqual([
      'demo 2.0 is refused by gate prod           [verify.identity]',
      '  signed by  gitlab.com/mallory/demo at 1f0c9e2',
      '  expected   gitlab.com/acme/demo, rule 1 of policy.toml',
      '  since      2026-11-28, 6 requests',
      '  demo-2.0-py3-none-any.whl   refused   verify.identity',
      '  demo-2.0.tar.gz             refused   verify.identity',
      'served instead: 1.1, sealed 2026-01-01, log index 3',
      'next: keep demo<2.0, or if the move is real',
      '      wheelseal gate approve demo --repository mallory/demo',
    ])
  })

  it('of a refusal that only a page lists', () => {
    expect(lines(REFUSED, { refusal: { ...LINKED.refusal, count: 0 } })).toContain(
      '  since      2026-11-28, only listed so far',
    )
  })

  it('of a whole name, which has no files', () => {
    const ground = { code: 'gate.private', fact: 'is a private name, and ours has no such package' }
    const next = ['check the spelling']
    const name = { ...REFUSED, version: '', files: [], servedInstead: null, ground, next }
    expect(lines(name, { refusal: { ...LINKED.refusal, fileName: '', code: 'gate.private' } })).toEqual([
      'demo is refused by gate prod                  [gate.private]',
      '  because    is a private name, and ours has no such package',
      '  rule       rule 1 of policy.toml',
      '  since      2026-11-28, 6 requests',
      'no version of demo is served instead',
      'next: check the spelling',
    ])
  })

  it('of one that is allowed', () => {
    expect(lines(ALLOWED)).toEqual([
      'demo 1.1 is allowed by gate prod',
      '  signed by  gitlab.com/mallory/demo at 1f0c9e2',
      '  sealed     2026-11-27, log index 9',
      '  rule       rule 1 of policy.toml',
      '  demo-1.1.tar.gz   allowed',
    ])
  })

  it('has no time at which what is not held may be decided otherwise', () => {
    const files = ALLOWED.files.map((one) => Object.assign({ until: '2026-12-04T10:00:00.000Z' }, one))
    expect(lines({ ...ALLOWED, files })).toEqual(lines(ALLOWED))
  })

  it('of one that is held, until when, by which pin, and what else is known', () => {
    const { signer: _signer, ...unsigned } = REFUSED_FILE
    const file: FileReport = {
      ...unsigned,
      outcome: 'held',
      code: 'gate.held',
      until: '2026-12-04T10:00:00.000Z',
      grounds: [
        {
          code: 'gate.held',
          fact: 'is 2 of 7 days old, served from 2026-12-04 on, which is a Friday in winter',
        },
        { code: 'gate.unsigned', fact: 'has no seal', exemptedBy: 'exempt[1] of policy.toml' },
      ],
      notes: ['settled'],
    }
    const pin = {
      repository: 'gitlab.com/acme/demo',
      issuer: 'x',
      workflow: null,
      since: '2026-01-01T00:00:00Z',
      by: 'history',
    }
    const report: ReleaseReport = {
      ...REFUSED,
      outcome: 'held',
      files: [file],
      states: ['held', 'pinned'],
      pins: [pin],
      servedInstead: null,
      next: [],
    }
    expect(lines(report)).toEqual([
      'demo 2.0 is held by gate prod                    [gate.held]',
      '  because    is 2 of 7 days old, served from 2026-12-04 on,',
      '             which is a Friday in winter',
      '  exempt     has no seal; exempt[1] of policy.toml',
      '  rule       rule 1 of policy.toml',
      '  until      2026-12-04 10:00 UTC',
      '  states     held, pinned',
      '  pinned     gitlab.com/acme/demo, 2026-01-01, by history',
      '  note       settled',
      '  demo-2.0-py3-none-any.whl   held   gate.held',
      'no version of demo is served instead',
    ])
  })

  it('of a gate that only warns', () => {
    expect(lines({ ...REFUSED, mode: 'warn' }).slice(0, 2)).toEqual([
      'demo 2.0 would be refused by gate prod (mode warn)',
      '  [verify.identity]',
    ])
    expect(lines({ ...ALLOWED, mode: 'warn' })[0]).toBe('demo 1.1 is allowed by gate prod')
    expect(lines({ ...REFUSED, outcome: 'not judged', files: [] })[0]).toBe(
      'demo 2.0 is not judged yet by gate prod',
    )
  })

  it('of a file here that is another one, or that the gate does not know', () => {
    const { fileName } = REFUSED_FILE
    const sha256 = 'ef'.repeat(32)
    const gate = `  gate       ${'ab'.repeat(32)}`
    expect(lines(REFUSED, { file: { fileName, sha256, compared: 'other' } })).toEqual(
      expect.arrayContaining([
        'demo-2.0-py3-none-any.whl is refused by gate prod',
        '  this file is not the one that the gate knows',
        `  here       ${sha256}`,
        gate,
      ]),
    )
    expect(lines(REFUSED, { file: { fileName: 'demo-2.0.zip', sha256, compared: 'not listed' } })).toEqual(
      expect.arrayContaining([
        'demo 2.0 is refused by gate prod           [verify.identity]',
        '  the gate knows no digest of a file of this name',
      ]),
    )
    const absent = { fileName: 'demo-2.0.zip', sha256: null, compared: 'not here' } as const
    expect(lines(REFUSED, { file: absent })).toContain('the gate lists no demo-2.0.zip')
    expect(lines(REFUSED, { file: { fileName, sha256, compared: 'same' } }).join()).not.toContain(sha256)
  })

  it('of many files the worst, and of long names each in two lines', () => {
    const many = Array.from({ length: 30 }, (_, at): FileReport => {
      const outcome = at === 29 ? 'refused' : 'allowed'
      return { ...REFUSED_FILE, outcome, fileName: `demo-2.0-cp3${at}-cp3${at}-manylinux_2_17_x86_64.whl` }
    })
    const shown = lines({ ...REFUSED, files: many })
    expect(shown.filter((line) => line.includes('manylinux'))).toHaveLength(20)
    expect(shown).toContain('  and 10 more')
    expect(shown.at(shown.findIndex((line) => line.includes('manylinux')) + 1)).toBe(
      '    refused   verify.identity',
    )
  })

  it('to machines, whole', () => {
    expect(whyJson(about(REFUSED))).toMatchObject({ report: REFUSED, outcome: 'refused', isAllowed: false })
  })
})
