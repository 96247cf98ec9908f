import { describe, expect, it } from 'vitest'
import { CHECK_NAMES } from '../index.ts'
import {
  failed,
  notApplicable,
  passed,
  undecided,
  verdictOf,
  type CheckName,
  type Finding,
} from './verdict.ts'

const good = Object.fromEntries(CHECK_NAMES.map((name) => [name, passed('good')])) as Record<
  CheckName,
  Finding
>
const facts = { keySha256: 'ab', signedAtSeconds: 1, logIndex: 2 }

describe('verdictOf', () => {
  it('verifies when every check has passed or does not apply', () => {
    expect(verdictOf(good, facts)).toMatchObject({ verified: true, ...facts })
    expect(verdictOf({ ...good, set: notApplicable('none') }, facts).verified).toBe(true)
  })

  it('refuses what is undecided, and says so', () => {
    for (const name of CHECK_NAMES) {
      const verdict = verdictOf({ ...good, [name]: undecided('missing') }, facts)
      expect(verdict).toMatchObject({ verified: false, reason: `verify.${name}` })
      const check = verdict.checks.find((one) => one.name === name)
      expect(check).toEqual({ name, outcome: 'undecided', reason: 'missing' })
    }
  })

  it('gives the first failure as the reason, before what is undecided', () => {
    const findings = { ...good, bundle: undecided('missing'), set: failed('bad'), time: failed('bad') }
    expect(verdictOf(findings, facts)).toMatchObject({ reason: 'verify.set' })
  })

  it('never verifies without exactly one signer, a time and an entry', () => {
    const { keySha256: _key, ...nobody } = facts
    const identity = { san: 'x', sanKind: 'uri', issuer: 'y', extensions: {} } as const
    for (const bad of [{}, nobody, { ...facts, identity }, { keySha256: 'ab', logIndex: 2 }])
      expect(() => verdictOf(good, bad)).toThrow('without exactly one signer')
  })
})
