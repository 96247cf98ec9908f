import { describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { policyForFile, readPolicy } from '../index.ts'

const file = await readPolicy(
  utf8(`version = 1
[[rules]]
names = ["demo"]
prefixes = ["acme-"]
[[rules.any_of]]
issuer = "https://gitlab.example"
identity = "https://gitlab.example/acme/app//.gitlab-ci.yml@refs/heads/main"
`),
  'p.toml',
)

describe('the rule for a file name', () => {
  it.each([
    ['demo-1.0-py3-none-any.whl', 'rule 1 of p.toml (name demo)'],
    ['Demo-1.0.tar.gz', 'rule 1 of p.toml (name demo)'],
    ['acme_tools-1.0.tar.gz', 'rule 1 of p.toml (prefix acme-)'],
  ])('of %s is that of its package', (name, rule) => {
    expect(policyForFile(name, file)).toMatchObject({ rule, anyOf: [{}] })
  })

  it.each([
    ['demo2-1.0.tar.gz', 'no rule of p.toml lists the name demo2'],
    ['demo', 'is not the file name of a wheel or sdist'],
    ['acme-x-1.0-2.tar.gz', 'is ambiguous: the package is '],
  ])('of %s is none, and nobody may sign it', (name, refusal) => {
    const policy = policyForFile(name, file)
    expect(policy.anyOf).toEqual([])
    expect(policy.refusal).toContain(refusal)
  })
})
