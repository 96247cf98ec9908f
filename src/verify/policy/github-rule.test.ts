import { describe, expect, it } from 'vitest'
import { utf8, type WheelsealError } from '../../base/index.ts'
import type { Identity } from '../../identity/index.ts'
import { isAllowed } from '../identity/check-identity.ts'
import { readPolicy, type PolicyFile } from '../index.ts'

const IDENTITY = `
[[rules.any_of]]
issuer = "https://gitlab.example.com"
project = "acme/demo"
refs = ["refs/heads/main"]
`
const RULE = 'version = 1\n[[rules]]\nnames = ["demo"]\n'
const GITHUB = `
[[rules.any_of]]
issuer = "https://token.actions.githubusercontent.com"
repository = "acme/demo"
workflow = "release.yml"
refs = ["refs/tags/v*"]
`

const read = (toml: string): Promise<PolicyFile> => readPolicy(utf8(toml), 'p.toml')

async function refusalOf(toml: string): Promise<string> {
  const error = await read(toml).catch((thrown: unknown) => thrown as WheelsealError)
  expect(error).toMatchObject({ code: 'verify.policy-file', exit: 2 })
  return (error as WheelsealError).message
}

describe('a workflow of GitHub', () => {
  const workflow = (changes: Partial<Identity['extensions']> = {}, san?: string): Identity => ({
    san: san ?? 'https://github.com/acme/demo/.github/workflows/release.yml@refs/tags/v1',
    sanKind: 'uri',
    issuer: 'https://token.actions.githubusercontent.com',
    extensions: {
      sourceRepositoryUri: 'https://github.com/acme/demo',
      sourceRepositoryRef: 'refs/tags/v1',
      sourceRepositoryIdentifier: '7',
      ...changes,
    },
  })
  const allows = async (found: Identity, keys = ''): Promise<boolean> =>
    isAllowed(found, (await read(RULE + GITHUB + keys)).policyFor('demo'))

  it('is known by its file, its ref, its repository and the id of that', async () => {
    expect(await allows(workflow())).toBe(true)
    expect(await allows(workflow(), 'repository_id = 7')).toBe(true)
    expect(await allows(workflow(), 'repository_id = 8')).toBe(false)
    expect(await allows(workflow(), 'environment = "pypi"')).toBe(false)
    expect(await allows(workflow({ deploymentEnvironment: 'pypi' }), 'environment = "pypi"')).toBe(true)
  })

  it.each([
    ['another file', workflow({}, 'https://github.com/acme/demo/.github/workflows/ci.yml@refs/tags/v1')],
    ['a branch', workflow({}, 'https://github.com/acme/demo/.github/workflows/release.yml@refs/heads/v1')],
    ['a caller of another repository', workflow({ sourceRepositoryUri: 'https://github.com/acme/demo2' })],
    ['a branch that calls it at a tag', workflow({ sourceRepositoryRef: 'refs/heads/evil' })],
    ['an e-mail address', { ...workflow(), sanKind: 'email' as const }],
    ['another issuer', { ...workflow(), issuer: 'https://token.actions.githubusercontent.com/acme' }],
  ])('is not %s', async (_what, found) => {
    expect(await allows(found)).toBe(false)
  })

  it.each([
    [
      GITHUB.replace('/acme', '/x/acme').replace('.com"', '.com.evil.test"'),
      '5: rules[1].any_of[1] must have the issuer',
    ],
    [
      GITHUB.replace('acme/demo', 'https://github.com/acme/demo'),
      '7: rules[1].any_of[1].repository must be owner',
    ],
    [GITHUB.replace('acme/demo', 'acme/*'), '7: rules[1].any_of[1].repository must be owner'],
    [
      GITHUB.replace('release.yml', '.github/workflows/release.yml'),
      '8: rules[1].any_of[1].workflow must be',
    ],
    [GITHUB.replace(/workflow.*/, ''), '5: rules[1].any_of[1] must have a workflow'],
    [GITHUB.replace(/refs =.*/, ''), '5: rules[1].any_of[1] must have refs if'],
    [
      GITHUB.replace(/repository.*/, 'project = "acme/demo"'),
      '5: rules[1].any_of[1] must have a workflow if',
    ],
    [`${GITHUB}project = "acme/demo"`, '5: rules[1].any_of[1] must have exactly one of project, repository'],
    [`${GITHUB}project_id = 7`, '5: rules[1].any_of[1] must not have project_id'],
    [`${GITHUB}protected_ref = true`, '5: rules[1].any_of[1] must not have project_id or protected_ref'],
    [`${IDENTITY}repository_id = 7`, '5: rules[1].any_of[1] must not have a repository_id without'],
  ])('is refused by its line: %s', async (identity, words) => {
    expect(await refusalOf(`${RULE}${identity}`)).toContain(`p.toml:${words}`)
  })

  it('may be that of an enterprise on github.com', async () => {
    const file = await read(RULE + GITHUB.replace('content.com', 'content.com/acme'))
    const issuer = 'https://token.actions.githubusercontent.com/acme'
    expect(isAllowed({ ...workflow(), issuer }, file.policyFor('demo'))).toBe(true)
  })
})
