import { expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { explainName, readPolicy, type ExplainedName } from '../index.ts'

const TOML = `version = 1
[[rules]]
prefixes = ["acme-"]
require = ["bundle"]
unsigned = "never-sealed"
cooldown = "24h"
[[rules.any_of]]
issuer = "https://gitlab.example.com"
project = "acme/tools"
project_id = 42
refs = ["refs/tags/v*", "refs/heads/main"]

[[exempt]]
name = "acme-x"
version = "1.0"
codes = ["gate.held", "gate.late"]
reason = "a fix"
until = 2030-01-01
by = "ops"

[[exempt]]
sha256 = "${'0'.repeat(64)}"
codes = ["gate.held"]
reason = "a fix"
until = 2030-01-01
by = "ops"
`
const END_MS = Date.UTC(2030, 0, 1)

async function explained(name: string, nowMs = END_MS - 1): Promise<ExplainedName> {
  return explainName(name, await readPolicy(utf8(TOML), 'p.toml'), nowMs)
}

it('a name has the keys of its rule, with what the rule leaves out', async () => {
  const { name, listing, terms } = await explained('Acme_Y')
  expect([name, listing]).toEqual(['acme-y', 'prefix'])
  expect(terms).toEqual({
    rule: 'rule 1 of p.toml (prefix acme-)',
    signers: [
      {
        identity:
          'https://gitlab.example.com/acme/tools//.gitlab-ci.yml@refs/tags/v* or https://gitlab.example.com/acme/tools//.gitlab-ci.yml@refs/heads/main',
        issuer: 'https://gitlab.example.com',
        claims: { project: 'https://gitlab.example.com/acme/tools', 'project id': '42' },
      },
    ],
    require: ['bundle'],
    unsigned: 'never-sealed',
    learn: false,
    cooldown: '1d',
    settle: '30d',
    late: '14d',
    partial: 'sealed-only',
    gone: 'refuse',
  })
})

it('a name has its own exemptions, those that have ended too, and the number of those of any name', async () => {
  expect((await explained('acme-y')).exemptions).toEqual([])
  const { exemptions, digestExemptions } = await explained('acme-x')
  expect(digestExemptions).toBe(1)
  expect(exemptions).toMatchObject([
    { version: '1.0', codes: ['gate.held', 'gate.late'], until: '2030-01-01T00:00:00Z', hasEnded: false },
  ])
  expect((await explained('acme-x', END_MS)).exemptions[0]?.hasEnded).toBe(true)
})

it('a name that no rule lists has no terms', async () => {
  expect(await explained('other')).toMatchObject({ listing: 'none', terms: undefined, policy: 'p.toml' })
})
