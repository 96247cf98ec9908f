import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FileOutcome } from '../client/verify/index.ts'
import {
  closingLines,
  failureJson,
  originLines,
  refusalLines,
  reportJson,
  type Report,
  verifiedLine,
} from './verify-report.ts'

const verified: FileOutcome = {
  file: 'a.whl',
  verified: true,
  reason: '',
  message: 'a.whl was signed',
  checks: [],
  seal: ['a.whl.sigstore.json'],
  notChecked: [],
}
const refused: FileOutcome = {
  file: 'b.whl',
  verified: false,
  reason: 'verify.identity',
  message: 'b.whl is refused',
  hint: 'do not use it',
  seal: [],
  notChecked: [],
  checks: [
    { name: 'certificate', outcome: 'passed', reason: 'well formed' },
    { name: 'identity', outcome: 'failed', reason: 'another one', expected: 'x', found: 'y' },
    { name: 'time', outcome: 'failed', reason: 'too late' },
  ],
}

const origin = { name: 'trusted-root', value: 't.json', from: '/p/pyproject.toml' }

describe('the report', () => {
  it('is one line for a file that is well, and tells when a log was asked', () => {
    expect(verifiedLine(verified)).toBe('a.whl was signed')
    const asked = { ...verified, askedLog: 'https://rekor.example' }
    const said = 'a.whl was signed; the log entry was fetched from https://rekor.example'
    expect(verifiedLine(asked)).toBe(`${said} (a bundle contains it)`)
    const loggedSeal = { signature: new Uint8Array(1), certificate: new Uint8Array(1), entries: [] }
    expect(verifiedLine({ ...asked, loggedSeal })).toBe(
      `${said} (--save-bundle writes it to a.whl.sigstore.json)`,
    )
    expect(verifiedLine({ ...asked, loggedSeal }, ['a.whl.sigstore.json'])).toBe(
      `${said} (saved as a.whl.sigstore.json)`,
    )
  })

  it('tells of several attestations', () => {
    expect(verifiedLine({ ...verified, attestations: 2 })).toBe(
      'a.whl was signed; all 2 attestations are valid, this is the first',
    )
  })

  it('tells of several seals, and of what was not checked, and of nothing else', () => {
    const also = ['a.whl.publish.attestation']
    expect(verifiedLine({ ...verified, also })).toBe(
      'a.whl was signed; also verified with a.whl.publish.attestation',
    )
    const seal = ['a.whl.sigstore.json', ...also]
    const told = (notChecked: readonly string[]): Report => ({
      outcomes: [{ ...verified, seal, also, notChecked }],
      origins: [],
      leftOut: ['a.whl.sigstore.json', 'a.whl.publish.attestation', 'a.whl.crt'],
      saved: [],
    })
    const said = 'signature and attestation files skipped: a.whl.crt, a.whl.sig'
    expect(closingLines(told(['a.whl.sig', 'a.whl.crt']))).toEqual([said])
    expect(reportJson(told(['a.whl.sig']))).toMatchObject({ notChecked: ['a.whl.crt', 'a.whl.sig'] })
    expect(closingLines({ ...told([]), leftOut: ['a.whl.sigstore.json'] })).toEqual([])
  })

  it('is an object too where something fails that should not', () => {
    const internal = failureJson(new RangeError('boom'), [])
    expect(internal).toMatchObject({ verified: false, reason: 'internal', message: 'boom', files: [] })
  })

  it('is the sentence, both sides, what else failed and the next step for a refusal', () => {
    expect(refusalLines(refused)).toEqual([
      { mark: 'failed', text: 'b.whl is refused' },
      { mark: 'none', text: '          expected           x' },
      { mark: 'none', text: '          found              y' },
      { mark: 'failed', text: 'FAILED    time of signing    too late' },
      'hint: do not use it',
      'more: wheelseal help verify.identity',
    ])
  })

  it('says once that there is no log entry where the code tells why', () => {
    const checks = [
      { name: 'certificate', outcome: 'passed', reason: 'well formed' },
      { name: 'logged', outcome: 'failed', reason: 'the signature has no log entry' },
      { name: 'entry', outcome: 'undecided', reason: 'there is no log entry' },
    ] as const
    expect(refusalLines({ ...refused, reason: 'client.verify-offline', checks })).toEqual([
      { mark: 'failed', text: 'b.whl is refused' },
      'hint: do not use it',
      'more: wheelseal help client.verify-offline',
    ])
  })

  it('is every check where all are asked for, with what was expected and found below its own', () => {
    expect(refusalLines(refused, 'all').slice(1, -2)).toEqual([
      { mark: 'passed', text: 'passed    certificate        well formed' },
      { mark: 'failed', text: 'FAILED    identity           another one' },
      { mark: 'none', text: '          expected           x' },
      { mark: 'none', text: '          found              y' },
      { mark: 'failed', text: 'FAILED    time of signing    too late' },
    ])
  })

  it('is decided by what is undecided where nothing failed, which has a mark of its own', () => {
    const check = { name: 'signature', outcome: 'undecided', reason: 'the file is needed' } as const
    const open = { ...refused, reason: 'verify.signature', checks: [check] }
    expect(refusalLines({ ...open, checks: [{ ...check, found: 'z' }] })[1]).toEqual({
      mark: 'none',
      text: '          found              z',
    })
    expect(refusalLines(open, 'all')[1]).toEqual({
      mark: 'undecided',
      text: 'undecided signature          the file is needed',
    })
    const report = reportJson({ outcomes: [open], origins: [], leftOut: [], saved: [] })
    expect(report).toMatchObject({ verified: false, checks: [check] })
    const schema = readFileSync(join(import.meta.dirname, '../../schemas/verify-output.schema.json'), 'utf8')
    expect(JSON.parse(schema)).toMatchObject({
      $defs: { check: { properties: { outcome: { enum: expect.arrayContaining([check.outcome]) } } } },
    })
  })

  it('names the trust root, and where it is from', () => {
    expect(originLines([origin])).toEqual(['trust root: t.json (/p/pyproject.toml)'])
  })

  it('as JSON is that of the file that decides, with all files', () => {
    const report = reportJson({
      outcomes: [verified, refused],
      origins: [origin],
      leftOut: ['b.whl.sig'],
      saved: ['b'],
    }) as Record<string, unknown>
    expect(report).toMatchObject({ verified: false, reason: 'verify.identity', hint: 'do not use it' })
    expect(report['checks']).toHaveLength(3)
    expect(report['files']).toHaveLength(2)
    expect(report['settings']).toEqual([origin])
    expect(report['leftOut']).toEqual(['b.whl.sig'])
    expect(reportJson({ outcomes: [verified], origins: [], leftOut: [], saved: [] })).toMatchObject({
      verified: true,
      reason: '',
    })
  })

  it('as JSON has no time of signing that is none, whatever number a bundle states', () => {
    const at = (signedAtSeconds: number): unknown => {
      const verdict = { verified: false, reason: 'verify.set', checks: [], signedAtSeconds } as const
      return reportJson({ outcomes: [{ ...refused, verdict }], origins: [], leftOut: [], saved: [] })
    }
    expect(at(253_402_300_799)).toMatchObject({ files: [{ signedAt: '9999-12-31T23:59:59Z' }] })
    for (const seconds of [253_402_300_800, Number.MAX_SAFE_INTEGER])
      expect(at(seconds)).not.toMatchObject({ files: [{ signedAt: expect.anything() }] })
  })
})
