import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkRule,
  differenceOf,
  fitsPattern,
  type PublisherRule,
  type PublishingJob,
} from './publisher-rules.ts'

const RULE: PublisherRule = {
  issuer: 'https://gitlab.example.com',
  ciProjectPath: 'acme/tools',
  ciProjectId: '20',
  ref: 'refs/tags/v*',
  configFile: '.gitlab-ci.yml',
}
const JOB: PublishingJob = {
  issuer: RULE.issuer,
  ciProjectPath: RULE.ciProjectPath,
  ciProjectId: '20',
  ref: 'refs/tags/v1.0',
  configRef: 'gitlab.example.com/acme/tools//.gitlab-ci.yml@refs/tags/v1.0',
}

describe('a rule', () => {
  it.each<Partial<PublisherRule>>([
    {},
    { ciProjectId: null },
    { issuer: 'http://127.0.0.1:7711', ref: 'refs/heads/main' },
    { issuer: 'https://host.example/gitlab', ciProjectPath: 'a/b/c/d' },
    { ref: 'refs/heads/release/*', configFile: 'ci/publish.yml' },
    { ref: 'refs/heads/*' },
  ])('may be %j', (changes) => {
    expect(() => checkRule({ ...RULE, ...changes })).not.toThrow()
  })

  it.each<Partial<PublisherRule>>([
    { issuer: 'gitlab.example.com' },
    { issuer: 'https://gitlab.example.com/' },
    { issuer: 'https://user@gitlab.example.com' },
    { issuer: 'https://Gitlab.example.com' },
    { issuer: `https://${'a'.repeat(600)}` },
    { ciProjectPath: 'tools' },
    { ciProjectPath: 'acme/../tools' },
    { ciProjectPath: 'acme/*' },
    { ciProjectId: '0' },
    { ciProjectId: 'x' },
    { ref: 'main' },
    { ref: 'refs/heads/' },
    { ref: 'refs/*/main' },
    { ref: 'refs/merge-requests/1/head' },
    { ref: 'refs/heads/a b' },
    { ref: 'refs/heads/a//b' },
    { ref: 'refs/heads/main\n' },
    { configFile: '' },
    { configFile: '/etc/ci.yml' },
    { configFile: '../ci.yml' },
    { configFile: 'ci.yml@refs/heads/main' },
  ])('may not be %j', (changes) => {
    expect(() => checkRule({ ...RULE, ...changes })).toThrow(
      expect.objectContaining({ code: 'access.publisher-rule' }),
    )
  })

  it('fits the pipeline that it names, and one of any id while it knows none', () => {
    expect(differenceOf(RULE, JOB)).toBeUndefined()
    expect(differenceOf({ ...RULE, ciProjectId: null }, { ...JOB, ciProjectId: '21' })).toBeUndefined()
    const below = { ...RULE, issuer: 'https://host.example/gitlab' }
    const configRef = 'host.example/gitlab/acme/tools//.gitlab-ci.yml@refs/tags/v1.0'
    expect(differenceOf(below, { ...JOB, configRef })).toBeUndefined()
  })

  it.each<[Partial<PublishingJob>, RegExp]>([
    [{ ciProjectId: '21' }, /for the project with the id 20, the id token is from id 21/],
    [{ ref: 'refs/heads/v1.0' }, /for refs\/tags\/v\*, the id token is for refs\/heads\/v1\.0/],
    [
      { configRef: 'gitlab.example.com/acme/tools//other.yml@refs/tags/v1.0' },
      /pipeline file \.gitlab-ci\.yml/,
    ],
    [{ configRef: 'gitlab.example.com/acme/other//.gitlab-ci.yml@refs/tags/v1.0' }, /pipeline file/],
    [{ configRef: 'evil.example/acme/tools//.gitlab-ci.yml@refs/tags/v1.0' }, /pipeline file/],
    [{ configRef: 'gitlab.example.com/acme/tools//.gitlab-ci.yml@refs/heads/x' }, /pipeline file/],
  ])('does not fit %j, and says why', (changes, reason) => {
    expect(differenceOf(RULE, { ...JOB, ...changes })).toMatch(reason)
  })
})

describe('a pattern of refs', () => {
  it.each([
    ['refs/heads/main', 'refs/heads/main', true],
    ['refs/heads/main', 'refs/heads/main2', false],
    ['refs/heads/main', 'refs/heads/Main', false],
    ['refs/tags/v*', 'refs/tags/v', true],
    ['refs/tags/v*', 'refs/tags/v1/2', false],
    ['refs/tags/v*.*', 'refs/tags/v1.0', true],
    ['refs/tags/v*.*', 'refs/tags/v1', false],
    ['refs/tags/*-rc*', 'refs/tags/1-rc1-rc2', true],
    ['refs/tags/a*a', 'refs/tags/a', false],
    ['refs/heads/*/x', 'refs/heads/a/x', true],
  ])('%s fits %s: %s', (pattern, ref, expected) => {
    expect(fitsPattern(pattern, ref)).toBe(expected)
  })

  it('fits what a regular expression of the same meaning fits', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '.', '/'), { maxLength: 8 }).map((all) => all.join(''))
    const starred = fc
      .array(fc.constantFrom('a', 'b', '.', '/', '*'), { maxLength: 6 })
      .map((all) => all.join(''))
    fc.assert(
      fc.property(starred, letters, (pattern, ref) => {
        const parts = pattern.split('*').map((part) => part.replaceAll('.', String.raw`\.`))
        const oracle = new RegExp(`^${parts.join('[^/]*')}$`)
        expect(fitsPattern(pattern, ref)).toBe(oracle.test(ref))
      }),
      { numRuns: 2000 },
    )
  })
})
