import { describe, expect, it } from 'vitest'
import { utf8, WheelsealError } from '../../base/index.ts'
import { readPolicy, type Policy } from '../index.ts'
import { describeRule } from './policy.ts'

const IDENTITY = `
[[rules.any_of]]
issuer = "https://gitlab.example.com"
project = "acme/demo"
refs = ["refs/heads/main"]
`
const HEAD = 'version = 1\n[[rules]]\nnames = ["demo"]\n'

describe('a policy file', () => {
  it('asks of a package what its rule says', async () => {
    const asked = await policyOf(`${HEAD}require = ["bundle"]${IDENTITY}`, 'demo')
    expect(asked.requires).toEqual(['bundle'])
    expect(asked.rule).toBe('rule 1 of p.toml (name demo)')
    expect(asked.anyOf.map(({ san, issuer }) => [san, issuer].map(describeRule))).toEqual([
      ['https://gitlab.example.com/acme/demo//.gitlab-ci.yml@refs/heads/main', 'https://gitlab.example.com'],
    ])
  })

  it('compares names as PEP 503 has them', async () => {
    const toml = `${HEAD.replace('demo', 'Demo_Tool.x')}${IDENTITY}`
    expect((await policyOf(toml, 'demo-tool-X')).rule).toContain('name demo-tool-x')
    expect((await policyOf(toml, 'demo-tool')).refusal).toBeDefined()
  })

  it('refuses a name that no rule lists', async () => {
    const asked = await policyOf(`${HEAD}${IDENTITY}`, 'demo2')
    expect(asked).toEqual({ anyOf: [], refusal: 'no rule of p.toml lists the name demo2' })
    expect((await policyOf('version = 1', 'demo')).refusal).toBeDefined()
  })

  it('lets the exact name decide before a prefix, and a longer prefix before a shorter', async () => {
    const toml = `version = 1
[[rules]]
prefixes = ["acme-"]
${IDENTITY}
[[rules]]
prefixes = ["acme_lab-"]
${IDENTITY}
[[rules]]
names = ["acme-lab-x"]
${IDENTITY}`
    const rules = ['acme-y', 'acme-lab-y', 'acme-lab-x'].map(
      async (name) => (await policyOf(toml, name)).rule,
    )
    expect(await Promise.all(rules)).toEqual([
      'rule 1 of p.toml (prefix acme-)',
      'rule 2 of p.toml (prefix acme-lab-)',
      'rule 3 of p.toml (name acme-lab-x)',
    ])
    expect((await policyOf(toml, 'acme')).refusal).toBeDefined()
    expect((await policyOf(toml, 'acmelab')).refusal).toBeDefined()
  })

  it('may say who signs what no rule lists', async () => {
    const toml = `version = 1\n[unlisted]\nrequire = ["attestation"]${IDENTITY.replace('rules.', 'unlisted.')}`
    expect(await policyOf(toml, 'anything')).toMatchObject({
      rule: '[unlisted] of p.toml',
      requires: ['attestation'],
    })
  })

  it('takes a name as it stands, or a pattern of it', async () => {
    const identity = '\n[[rules.any_of]]\nissuer = "https://accounts.example.com"\n'
    const exact = await policyOf(`${HEAD}${identity}identity = "a.b@example.com"\nproject_id = 7`, 'demo')
    expect(exact.anyOf[0]?.san).toEqual({ kind: 'exact', value: 'a.b@example.com' })
    expect(exact.anyOf[0]?.extensions).toEqual([
      { extension: 'sourceRepositoryIdentifier', rule: { kind: 'exact', value: '7' } },
    ])
    const pattern = await policyOf(`${HEAD}${identity}identity_pattern = '.*@example\\.com'`, 'demo')
    expect(pattern.anyOf[0]?.san).toMatchObject({ kind: 'pattern', source: '.*@example\\.com' })
  })
})

describe('a policy file is refused', () => {
  it.each([
    ['version', '', '1: version is missing'],
    ['a version that is not known here', 'version = 2', '1: version must be 1'],
    ['what is no TOML', 'version = 1\nrules = [', '2:'],
    ['an unknown key', 'version = 1\nrule = 1', '2: rule is not a known key'],
    ['an unknown key of a rule', `${HEAD}name = "x"${IDENTITY}`, '4: rules[1].name is not a known key'],
    [
      'an unknown key of an identity',
      `${HEAD}${IDENTITY}ref = "x"`,
      '9: rules[1].any_of[1].ref is not a known key',
    ],
    ['a rule of nobody', HEAD, '2: rules[1].any_of is missing: only learn = true'],
    ['a rule of nothing', `version = 1\n[[rules]]${IDENTITY}`, 'rules[1] must have names or prefixes'],
    [
      'a prefix that is half a word',
      `version = 1\n[[rules]]\nprefixes = ["acme"]${IDENTITY}`,
      '3: rules[1].prefixes[1] must end with "-"',
    ],
    ['a name that is none', `${HEAD.replace('demo', '-x')}${IDENTITY}`, 'is not a package name'],
    [
      'a name that is listed twice',
      `${HEAD.replace('"demo"', '"demo", "Demo"')}${IDENTITY}`,
      'demo is listed twice',
    ],
    [
      'an issuer that is spelled otherwise',
      `${HEAD}${IDENTITY.replace('example.com', 'example.com/')}`,
      'rules[1].any_of[1].issuer must be the claim `iss` of the tokens',
    ],
    [
      'a project without refs',
      `${HEAD}${IDENTITY.replace(/refs =.*/, '')}`,
      'must have refs if it has a project or a repository',
    ],
    ['a short ref', `${HEAD}${IDENTITY.replace('refs/heads/main', 'main')}`, 'must be a full ref'],
    ['a project with a star', `${HEAD}${IDENTITY.replace('acme/demo', 'acme/*')}`, 'must be a full path'],
    ['two ways to say who', `${HEAD}${IDENTITY}identity = "x"`, 'must have exactly one of project'],
    [
      'no way to say who',
      `${HEAD}${IDENTITY.replace(/(project|refs) =.*/g, '')}`,
      'must have exactly one of project',
    ],
    [
      'a requirement that is not known',
      `${HEAD}require = ["sbom"]${IDENTITY}`,
      '4: rules[1].require[1] must be one of "bundle", "timestamp", "attestation"',
    ],
    ['an unprotected ref', `${HEAD}${IDENTITY}protected_ref = false`, 'must be true, or not be set'],
    [
      'a pattern that is none',
      `${HEAD}\n[[rules.any_of]]\nissuer = "https://x.test"\nidentity_pattern = "("`,
      'rules[1].any_of[1].identity_pattern: ',
    ],
    ['what is too large', `version = 1 # ${'x'.repeat(70_000)}`, 'more than 65536 bytes'],
  ])('for %s', async (_what, toml, words) => {
    const error = await readPolicy(utf8(toml), 'p.toml').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(WheelsealError)
    const { code, exit, message } = error as WheelsealError
    expect([code, exit]).toEqual(['verify.policy-file', 2])
    expect(message).toContain(words)
    expect(message).toMatch(/^p\.toml:/)
  })

  it('with the keys that are known in that place', async () => {
    await expect(policyOf(`${HEAD}name = "x"${IDENTITY}`, 'x')).rejects.toMatchObject({
      hint: expect.stringMatching(
        /^known keys: names, prefixes, require, any_of, unsigned, .*partial, gone$/,
      ),
    })
    await expect(policyOf(`${HEAD}${IDENTITY}ref = "x"`, 'x')).rejects.toMatchObject({
      hint: expect.stringContaining('refs, identity'),
    })
  })
})

async function policyOf(toml: string, name: string): Promise<Policy> {
  return (await readPolicy(utf8(toml), 'p.toml')).policyFor(name)
}
