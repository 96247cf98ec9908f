import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, TomlDate } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { errorKinds, utf8 } from '../../src/base/index.ts'
import { explainedLines } from '../../src/cli/policy-explain-report.ts'
import '../../src/gate/index.ts'
import { explainName, readPolicy } from '../../src/verify/index.ts'
import { codeProblem } from '../../src/verify/policy/exempt-codes.ts'
import { GONE, gateKeys, PARTIAL, UNSIGNED } from '../../src/verify/policy/gate-schema.ts'
import {
  Exempt,
  Identity,
  POLICY_LIMITS,
  PolicyTable,
  Rule,
  Unlisted,
} from '../../src/verify/policy/policy-schema.ts'
import { REQUIREMENTS } from '../../src/verify/policy/policy.ts'
import { schemaProblems } from '../support/json-schema.ts'
import { root } from '../support/program.ts'

const page = readFileSync(join(root, 'docs', 'reference', 'policy.md'), 'utf8')
const schema = JSON.parse(readFileSync(join(root, 'schemas', 'policy-v1.schema.json'), 'utf8')) as {
  properties: Record<string, object>
  $defs: Record<string, { properties: Record<string, object>; items?: object; enum?: unknown }>
}
const examples = [...page.matchAll(/```toml\n(.*?)```/gs)].map(([, text = '']) => text)
const [example = ''] = examples

const HEX = '0'.repeat(64)
const IDENTITY = { issuer: 'https://gitlab.example.com', project: 'acme/x', refs: ['refs/heads/main'] }
const rule = (changes: object): object => ({
  version: 1,
  rules: [{ names: ['demo'], any_of: [IDENTITY], ...changes }],
})
const identity = (changes: object): object => rule({ any_of: [{ ...IDENTITY, ...changes }] })
const who = (changes: object): object => identity({ project: undefined, refs: undefined, ...changes })
const WORKFLOW = {
  issuer: 'https://token.actions.githubusercontent.com',
  repository: 'acme/x',
  workflow: 'a.yml',
  refs: ['refs/tags/*'],
}
const workflow = (changes: object): object => rule({ any_of: [{ ...WORKFLOW, ...changes }] })
const EXEMPTION = { name: 'x', version: '1', codes: ['gate.held'], reason: 'x', until: '2030-01-01', by: 'x' }
const exempt = (changes: object): object => ({ version: 1, exempt: [{ ...EXEMPTION, ...changes }] })
const gateCodes = [...errorKinds().keys()].filter((code) => code.startsWith('gate.'))

describe('docs/reference/policy.md', () => {
  it('lists every key of a policy, and no other', () => {
    const tables = [PolicyTable, Rule, Identity, { entries: gateKeys }, Exempt]
    expect(keysOfTables('| key |')).toEqual(tables.map(({ entries }) => Object.keys(entries).toSorted()))
    expect(keysOfTables('| value |')).toEqual([[...REQUIREMENTS].toSorted()])
  })

  it('has an example that is a policy', async () => {
    const asked = (await readPolicy(utf8(example), 'example')).policyFor('acme-tools')
    expect(asked).toMatchObject({ rule: 'rule 1 of example (name acme-tools)', requires: ['bundle'] })
  })

  it('has only examples that are policies', async () => {
    expect(examples).toHaveLength(3)
    for (const text of examples) {
      await readPolicy(utf8(text), 'example')
      expect(schemaProblems(schema, plainly(parse(text)))).toEqual([])
    }
  })

  it('shows what is said of a name of its example', async () => {
    const file = await readPolicy(utf8(example), 'policy.toml')
    const [, shown = ''] = /policy explain acme-tools [^\n]*\n(.*?)```/s.exec(page) ?? []
    expect(shown.trimEnd().split('\n')).toEqual(explainedLines(explainName('acme-tools', file, 0)))
  })

  it('names the codes that are never exempted, and those that need a digest', () => {
    const [, exemptions = ''] = /### Exemptions\n(.*?)\n## /s.exec(page) ?? []
    const never = gateCodes.filter((code) => codeProblem(code) !== undefined && code !== 'gate.unknown')
    expect(never.filter((code) => !exemptions.includes(`\`${code}\``))).toEqual([])
  })

  it('tells the limits', () => {
    expect(page).toContain(`${POLICY_LIMITS.bytes / 1024} KiB`)
    expect(page).toContain(`at most ${POLICY_LIMITS.rules}`)
  })
})

describe('codes of a gate', () => {
  it('each may be exempted, or the reason why not is told', () => {
    expect(gateCodes.length).toBeGreaterThan(16)
    const unknown = codeProblem('gate.nothing')
    expect(gateCodes.filter((code) => codeProblem(code) === unknown)).toEqual([])
    const never = [
      'digest',
      'metadata',
      'private',
      'upstream',
      'registry',
      'stale',
      'trust',
      'clock',
      'unknown',
      'approve',
    ]
    const refused = gateCodes.filter((code) => codeProblem(code) !== undefined)
    expect(refused.toSorted()).toEqual(never.map((code) => `gate.${code}`).toSorted())
  })
})

describe('schemas/policy-v1.schema.json', () => {
  it('has every key of a policy, and no other', () => {
    const keys = (one: { readonly entries: object }): readonly string[] => Object.keys(one.entries).toSorted()
    expect(Object.keys(schema.properties).toSorted()).toEqual(keys(PolicyTable))
    const { rule: ofRule, unlisted, identity: ofIdentity } = schema.$defs
    expect(Object.keys(ofRule!.properties).toSorted()).toEqual(keys(Rule))
    expect(Object.keys(unlisted!.properties).toSorted()).toEqual(keys(Unlisted))
    expect(Object.keys(ofIdentity!.properties).toSorted()).toEqual(keys(Identity))
    expect(Object.keys(schema.$defs['exempt']!.properties).toSorted()).toEqual(keys(Exempt))
    expect(ofRule!.properties).toMatchObject({
      unsigned: { enum: UNSIGNED },
      partial: { enum: PARTIAL },
      gone: { enum: GONE },
    })
    expect(schema.$defs['require']!.items).toEqual({ enum: [...REQUIREMENTS] })
  })

  it('takes the example of the page', () => {
    expect(schemaProblems(schema, parse(example))).toEqual([])
  })

  it.each<[string, object, boolean]>([
    ['nothing but a version', { version: 1 }, true],
    ['no version', {}, false],
    ['another version', { version: 2 }, false],
    ['an unknown key', { version: 1, other: 1 }, false],
    ['no rules in a list of them', { version: 1, rules: [] }, false],
    ['a rule', rule({}), true],
    ['a rule without names', rule({ names: undefined }), false],
    ['a rule with prefixes', rule({ names: undefined, prefixes: ['acme-'] }), true],
    ['half a word as prefix', rule({ prefixes: ['acme'] }), false],
    ['a name that is none', rule({ names: ['-x'] }), false],
    ['requirements', rule({ require: ['bundle', 'timestamp'] }), true],
    ['an unknown requirement', rule({ require: ['sbom'] }), false],
    [
      'an identity with all that there is',
      identity({ config_file: 'a/b.yml', project_id: 1, environment: 'x', protected_ref: true }),
      true,
    ],
    ['an unknown key of an identity', identity({ ref: 'refs/heads/main' }), false],
    ['a short ref', identity({ refs: ['main'] }), false],
    ['a project without refs', identity({ refs: undefined }), false],
    ['two ways to say who', identity({ identity: 'x' }), false],
    ['an e-mail address', identity({ project: undefined, refs: undefined, identity: 'a@b.example' }), true],
    ['refs of no project', identity({ project: undefined, identity: 'a@b.example' }), false],
    ['two ways to say who, as a text and as a pattern', who({ identity: 'x', identity_pattern: 'x' }), false],
    ['an id that is a text', identity({ project_id: '1' }), false],
    ['an unprotected ref', identity({ protected_ref: false }), false],
    ['unlisted names', { version: 1, unlisted: { any_of: [IDENTITY] } }, true],
    ['unlisted names with names', { version: 1, unlisted: { names: ['x'], any_of: [IDENTITY] } }, false],
    ['keys of a gate', rule({ unsigned: 'never-sealed', learn: true, cooldown: '7d', late: '12h' }), true],
    ['a rule of history', rule({ any_of: undefined, learn: true }), true],
    ['a rule of anyone', rule({ any_of: undefined, unsigned: 'allow', partial: 'allow' }), true],
    ['a rule of no signer', rule({ any_of: undefined, unsigned: 'never-sealed' }), false],
    ['unlisted names of no signer', { version: 1, unlisted: { cooldown: '7d' } }, false],
    ['unlisted names by history', { version: 1, unlisted: { learn: true, settle: '60d' } }, true],
    ['a rule that does not learn', rule({ learn: false }), false],
    ['a duration in words', rule({ cooldown: '7 days' }), false],
    ['a duration of nothing', rule({ late: '0d' }), false],
    ['partly sealed releases of a rule that wants seals', rule({ partial: 'allow' }), false],
    ['an unknown word', rule({ unsigned: 'maybe' }), false],
    ['a workflow', workflow({ repository_id: 1, environment: 'x' }), true],
    ['a workflow of an enterprise', workflow({ issuer: `${WORKFLOW.issuer}/acme` }), true],
    ['a workflow of another server', workflow({ issuer: 'https://github.example.com' }), false],
    ['a workflow without its file', workflow({ workflow: undefined }), false],
    ['a workflow without refs', workflow({ refs: undefined }), false],
    ['a workflow by its path', workflow({ workflow: '.github/workflows/a.yml' }), false],
    ['a workflow and a project', workflow({ project: 'acme/x' }), false],
    ['a workflow and a project of GitLab', identity({ repository: 'acme/x', workflow: 'a.yml' }), false],
    ['a workflow with the id of a project', workflow({ project_id: 1 }), false],
    ['a workflow with a protected ref', workflow({ protected_ref: true }), false],
    ['a project with the id of a repository', identity({ repository_id: 1 }), false],
    ['a project with a workflow', identity({ workflow: 'a.yml' }), false],
    ['an exemption', exempt({}), true],
    ['an exemption of a digest', exempt({ name: undefined, version: undefined, sha256: HEX }), true],
    ['an exemption of both', exempt({ sha256: HEX }), true],
    ['an exemption of a name', exempt({ version: undefined }), false],
    ['an exemption of everything', exempt({ name: undefined, version: undefined }), false],
    ['an exemption of no code', exempt({ codes: [] }), false],
    ['an exemption of no known code', exempt({ codes: ['unsigned'] }), false],
    ['an exemption without end', exempt({ until: undefined }), false],
    ['an exemption without reason', exempt({ reason: '' }), false],
  ])('and the code agree about %s', async (_what, value, expected) => {
    const plain = plainly(value)
    expect(schemaProblems(schema, plain).length === 0).toBe(expected)
    const { safeParse } = await import('valibot')
    expect(safeParse(PolicyTable, withDates(plain)).success).toBe(expected)
  })
})

/** As JSON has it: dates of TOML are texts. */
function plainly(value: unknown): object {
  return JSON.parse(JSON.stringify(value)) as object
}

function withDates(plain: object): object {
  const revive = (key: string, value: unknown): unknown =>
    key === 'until' ? new TomlDate(String(value)) : value
  return JSON.parse(JSON.stringify(plain), revive) as object
}

/** The keys of each table with this head, in the order of the page. */
function keysOfTables(head: string): readonly (readonly string[])[] {
  return page
    .split(head)
    .slice(1)
    .map((text) => {
      const rows = text.split('\n\n')[0] ?? ''
      return [...rows.matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map(([, key = '']) => key).toSorted()
    })
}
