import { describe, expect, it } from 'vitest'
import { isoTime } from '../../base/index.ts'
import { exactly, matching, searching, type ExtensionRule } from '../index.ts'
import { ISSUER, makeLeaf, policy, request, SAN, withLeaf } from '../arrange.ts'
import { gitLabRule } from './gitlab-rule.ts'
import { describeRule, globbing, holds, oneOf } from './policy.ts'
import { check, refusedOnly } from '../arrange.ts'
import { verifySeal, type VerifyRequest } from '../index.ts'

describe('a glob', () => {
  it.each([
    ['refs/heads/main', 'refs/heads/main', true],
    ['refs/tags/v*', 'refs/tags/v1.0', true],
    ['refs/tags/v*', 'refs/tags/v', false],
    ['refs/tags/v*', 'refs/tags/v1/x', false],
    ['refs/tags/v*', 'x/refs/tags/v1', false],
    ['refs/tags/v*', 'refs/tags/xv1', false],
    ['refs/tags/*-rc*', 'refs/tags/1.0-rc1', true],
    ['refs/tags/*-rc*', 'refs/tags/-rc1', false],
    ['refs/tags/*-rc*', 'refs/tags/1.0-rc', false],
    ['refs/tags/a*a', 'refs/tags/aa', false],
    ['refs/tags/a*a', 'refs/tags/aba', true],
    ['refs/heads/release/*', 'refs/heads/release/1.x', true],
    ['refs/heads/release/*', 'refs/heads/release', false],
    ['refs/tags/v.', 'refs/tags/v1', false],
  ])('%s over %s: %s', (glob, text, expected) => {
    expect(holds(globbing(glob), text)).toBe(expected)
  })

  it('takes no longer for a text made to make it go back', () => {
    const glob = globbing(`refs/tags/${'*a'.repeat(300)}`)
    const started = performance.now()
    expect(holds(glob, `refs/tags/${'a'.repeat(100_000)}b`)).toBe(false)
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

describe('a pattern', () => {
  it('takes no longer for a text made to make it go back', async () => {
    const started = performance.now()
    expect(holds(await matching('(a|a)*(a|a)*(a*)*b'), 'a'.repeat(2000))).toBe(false)
    expect(performance.now() - started).toBeLessThan(5000)
  })

  it('holds over the whole text, and a searching one anywhere in it', async () => {
    const texts = ['acme', 'acme-evil', 'x/acme', 'ACME', 'a\nacme']
    const [whole, part] = [await matching('acme'), await searching('acme')]
    expect(texts.map((text) => holds(whole, text))).toEqual([true, false, false, false, false])
    expect(texts.map((text) => holds(part, text))).toEqual([true, true, true, false, true])
    const anchored = await searching('^acme$')
    expect(texts.map((text) => holds(anchored, text))).toEqual([true, false, false, false, false])
  })

  it('is refused where it is none, or too long', async () => {
    await expect(searching('a)|(b')).rejects.toThrow(SyntaxError)
    await expect(matching('(')).rejects.toThrow(SyntaxError)
    await expect(matching('(?=a)')).rejects.toThrow(SyntaxError)
    await expect(matching('a'.repeat(1025))).rejects.toThrow('at most 1024')
  })
})

describe('several texts', () => {
  it('hold where one does, and are shown with "or" between them', () => {
    const rule = oneOf([exactly('a'), globbing('b*')])
    expect(['a', 'bc', 'c'].map((text) => holds(rule, text))).toEqual([true, true, false])
    expect(describeRule(rule)).toBe('a or b*')
  })
})

const PROJECT_ID = { arc: 15, value: '42' }
const ENVIRONMENT = { arc: 23, value: 'release' }
const SOURCE = { arc: 12, value: `${ISSUER}/acme/app` }

describe('the extensions that a rule asks for', () => {
  const rule = gitLabRule({
    issuer: ISSUER,
    project: 'acme/app',
    refs: ['refs/tags/v*', 'refs/heads/main'],
    conditions: { projectId: 42, environment: 'release' },
  })
  const under = (...extensions: readonly { arc: number; value: string }[]): VerifyRequest => ({
    ...withLeaf(leafWith(extensions)),
    policy: { anyOf: [rule] },
  })

  it('of a project are that it is this one, by path and by id', () => {
    expect(verifySeal(under(SOURCE, PROJECT_ID, ENVIRONMENT)).verified).toBe(true)
    refusedOnly(under({ ...SOURCE, value: `${ISSUER}/acme/app-evil` }, PROJECT_ID, ENVIRONMENT), 'claims')
    refusedOnly(under(SOURCE, { ...PROJECT_ID, value: '421' }, ENVIRONMENT), 'claims')
  })

  it('are not met by a certificate that does not tell them', () => {
    const silent = under(SOURCE, PROJECT_ID)
    refusedOnly(silent, 'claims')
    expect(check(silent, 'claims')).toMatchObject({
      reason: 'the certificate has no environment (deploymentEnvironment)',
      expected: 'release',
      found: 'nothing',
    })
  })

  it.each([
    ['project_path:acme/app:ref_type:branch:ref:main:ref_protected:true', true],
    ['project_path:acme/app:ref_type:branch:ref:main:ref_protected:false', false],
    ['project_path:acme/app:ref_type:branch:ref:main', false],
    ['project_path:acme/app:ref_protected:true:ref_protected:false', false],
    ['ref_protected:true:project_path:acme/app', false],
    ['project_path:acme/app:ci_config_ref_uri:x:ref_protected:true', false],
    ['project_path:acme/app:ref_protected:true:ref', false],
    ['', false],
  ])('a ref is protected by the sub %s: %s', (sub, expected) => {
    const extensions: readonly ExtensionRule[] = [{ extension: 'refProtected', rule: exactly('true') }]
    const leaf = leafWith(sub === '' ? [] : [{ arc: 24, value: sub }])
    const [first] = policy.anyOf
    const asked = { ...withLeaf(leaf), policy: { anyOf: [{ ...first!, extensions }] } }
    expect(verifySeal(asked).verified).toBe(expected)
  })

  it('are those of one rule: what another asks does not count', () => {
    const named = { san: exactly(SAN), issuer: exactly(ISSUER) }
    const other = { ...named, san: exactly('https://x.test/y') }
    const extensions: readonly ExtensionRule[] = [
      { extension: 'sourceRepositoryIdentifier', rule: exactly('42') },
    ]
    const request42 = withLeaf(leafWith([{ ...PROJECT_ID, value: '7' }]))
    refusedOnly({ ...request42, policy: { anyOf: [{ ...named, extensions }, other] } }, 'claims')
    expect(verifySeal({ ...request42, policy: { anyOf: [{ ...named, extensions }, named] } }).verified).toBe(
      true,
    )
  })
})

describe('the check of the policy', () => {
  it('refuses a seal that lacks what is required, and nothing else is wrong', () => {
    const asked = {
      ...request,
      policy: { ...policy, requires: ['timestamp'] as const, rule: 'rule 1 of p.toml' },
    }
    refusedOnly(asked, 'policy')
    expect(check(asked, 'policy')).toMatchObject({
      reason: 'rule 1 of p.toml requires a timestamp',
      expected: 'a timestamp',
      found: 'signature and certificate only',
    })
  })

  it('refuses whatever no rule lists, whoever signed', () => {
    const asked = { ...request, policy: { anyOf: [], refusal: 'no rule of p.toml lists the name demo' } }
    const verdict = verifySeal(asked)
    expect(verdict).toMatchObject({ verified: false, reason: 'verify.policy' })
    expect(check(asked, 'identity')?.outcome).toBe('undecided')
    expect(isoTime(verdict.signedAtSeconds ?? 0)).toContain('2030')
  })
})

function leafWith(more: readonly { readonly arc: number; readonly value: string }[]) {
  return makeLeaf({
    extensions: [{ arc: 1, value: ISSUER }, { arc: 8, value: ISSUER }, ...more].toSorted(
      (a, b) => a.arc - b.arc,
    ),
  })
}
