import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../src/base/index.ts'
import { readPolicy } from '../../src/verify/index.ts'
import {
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
const example = /```toml\n(.*?)```/s.exec(page)?.[1] ?? ''

const IDENTITY = { issuer: 'https://gitlab.example.com', project: 'acme/x', refs: ['refs/heads/main'] }
const rule = (changes: object): object => ({
  version: 1,
  rules: [{ names: ['demo'], any_of: [IDENTITY], ...changes }],
})
const identity = (changes: object): object => rule({ any_of: [{ ...IDENTITY, ...changes }] })

describe('docs/reference/policy.md', () => {
  it('lists every key of a policy, and no other', () => {
    const tables = [PolicyTable, Rule, Identity].map(({ entries }) => Object.keys(entries).toSorted())
    expect(keysOfTables('| key |')).toEqual(tables)
    expect(keysOfTables('| value |')).toEqual([[...REQUIREMENTS].toSorted()])
  })

  it('has an example that is a policy', async () => {
    const asked = (await readPolicy(utf8(example), 'example')).policyFor('acme-tools')
    expect(asked).toMatchObject({ rule: 'rule 1 of example (name acme-tools)', requires: ['bundle'] })
  })

  it('tells the limits', () => {
    expect(page).toContain(`${POLICY_LIMITS.bytes / 1024} KiB`)
    expect(page).toContain(`at most ${POLICY_LIMITS.rules}`)
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
    ['an id that is a text', identity({ project_id: '1' }), false],
    ['an unprotected ref', identity({ protected_ref: false }), false],
    ['unlisted names', { version: 1, unlisted: { any_of: [IDENTITY] } }, true],
    ['unlisted names with names', { version: 1, unlisted: { names: ['x'], any_of: [IDENTITY] } }, false],
  ])('and the code agree about %s', async (_what, value, expected) => {
    const plain = JSON.parse(JSON.stringify(value)) as object
    expect(schemaProblems(schema, plain).length === 0).toBe(expected)
    const { safeParse } = await import('valibot')
    expect(safeParse(PolicyTable, plain).success).toBe(expected)
  })
})

/** The keys of each table with this head, in the order of the page. */
function keysOfTables(head: string): readonly (readonly string[])[] {
  return page
    .split(head)
    .slice(1)
    .map((text) => {
      const rows = text.split('\n\n')[0] ?? ''
      return [...rows.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, key = '']) => key).toSorted()
    })
}
