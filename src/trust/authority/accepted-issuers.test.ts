import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeClaims, NOW, subject } from '../../identity/arrange.ts'
import type { GitLabClaims } from '../../identity/index.ts'
import { signToken } from './arrange.ts'
import { createTokenCheck, onlyProjects, type AcceptedIssuer } from './index.ts'

const clock = { nowMs: () => NOW * 1000, sleep: () => Promise.reject(new Error('no sleep')) }
const [A, B] = ['https://gitlab.example', 'https://other.example']
const keys = {
  a: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  b: generateKeyPairSync('rsa', { modulusLength: 2048 }),
}
const issuerA: AcceptedIssuer = {
  url: A,
  audience: 'sigstore',
  keys: (id) => (id === 'same' ? keys.a.publicKey : undefined),
}
const issuerB: AcceptedIssuer = {
  url: B,
  audience: 'wheels',
  keys: (id) => (id === 'same' ? keys.b.publicKey : undefined),
}
const ofA = makeClaims({}, A)
const ofB = { ...makeClaims({}, B), aud: 'wheels' }
const sign = (claims: object, by: keyof typeof keys): string =>
  signToken(claims, { key: keys[by].privateKey, kid: 'same' })

describe('createTokenCheck', () => {
  const check = createTokenCheck([issuerA, issuerB], clock)

  it('judges each token by the keys and the audience of its own issuer', async () => {
    expect(await check(sign(ofA, 'a'))).toMatchObject({ iss: A })
    expect(await check(sign(ofB, 'b'))).toMatchObject({ iss: B })
  })

  it.each([
    ['signed with the key of another accepted issuer', sign(ofA, 'b'), 'identity.token-signature'],
    [
      'for the audience of another accepted issuer',
      sign({ ...ofA, aud: 'wheels' }, 'a'),
      'identity.token-audience',
    ],
    [
      'for another audience than its issuer has',
      sign({ ...ofB, aud: 'sigstore' }, 'b'),
      'identity.token-audience',
    ],
    [
      'of an issuer that is not on the list',
      sign(makeClaims({}, 'https://gitlab.example.evil'), 'a'),
      'identity.token-issuer',
    ],
    ['of an issuer with a slash more', sign({ ...ofA, iss: `${A}/` }, 'a'), 'identity.token-issuer'],
    [
      'of an issuer in other case',
      sign({ ...ofA, iss: 'https://GITLAB.example' }, 'a'),
      'identity.token-issuer',
    ],
    ['of an issuer with a port', sign({ ...ofA, iss: `${A}:443` }, 'a'), 'identity.token-issuer'],
  ])('refuses a token %s', async (_what, token, code) => {
    await expect(check(token)).rejects.toMatchObject({ code })
  })

  it('asks only the rule of the issuer, and only about a token that is good', async () => {
    const asked: string[] = []
    const rule =
      (name: string) =>
      ({ iss }: GitLabClaims) => {
        asked.push(`${name} ${iss}`)
        throw new Error(`${name} says no`)
      }
    const strict = createTokenCheck([{ ...issuerA, admit: rule('a') }, issuerB], clock)
    await expect(strict(sign(ofA, 'a'))).rejects.toThrow('a says no')
    await expect(strict(sign(ofA, 'b'))).rejects.toMatchObject({ code: 'identity.token-signature' })
    expect(await strict(sign(ofB, 'b'))).toMatchObject({ iss: B })
    expect(asked).toEqual([`a ${A}`])
  })
})

describe('onlyProjects', () => {
  const admit = onlyProjects({ projects: ['acme/tools'], groups: ['team/inner'] })
  const claimsOf = (path: string) => makeClaims({ project: { ...subject.project, path } })

  it.each(['acme/tools', 'team/inner/a', 'team/inner/deep/b'])('lets %s through', (path) => {
    expect(() => admit(claimsOf(path))).not.toThrow()
  })

  it.each([
    'acme/tool',
    'acme/tools2',
    'acme/tools/sub',
    'Acme/tools',
    'team/inner',
    'team/innermost/a',
    'x/acme/tools',
  ])('stops %s', (path) => {
    expect(() => admit(claimsOf(path))).toThrow(
      expect.objectContaining({
        code: 'authority.project',
        status: 403,
        message: expect.stringContaining(path),
      }),
    )
  })

  it('stops a pipeline whose file is in a project that is not listed', () => {
    const config = 'gitlab.example/evil/project//.gitlab-ci.yml@refs/heads/main'
    expect(() => admit({ ...claimsOf('acme/tools'), ci_config_ref_uri: config })).toThrow('evil/project')
  })
})
