import { describe, expect, it } from 'vitest'
import { identityOf, isSameIdentity } from './identities.ts'

const gitlab = (host: string, config: string, more: object = {}): Parameters<typeof identityOf>[0] => ({
  identity: 'x',
  issuer: host,
  claims: { sourceRepositoryUri: `${host}/acme/demo`, buildConfigUri: config, ...more },
})

describe('an identity for a lock', () => {
  it('has the keys of the publishers of PEP 740', () => {
    expect(
      identityOf(
        gitlab('https://gitlab.com', 'https://gitlab.com/acme/demo//ci/release.yml@refs/tags/v1', {
          deploymentEnvironment: 'prod',
        }),
      ),
    ).toEqual({
      kind: 'GitLab',
      repository: 'acme/demo',
      workflow_filepath: 'ci/release.yml',
      environment: 'prod',
    })
    expect(
      identityOf({
        identity: 'x',
        issuer: 'https://token.actions.githubusercontent.com',
        claims: {
          sourceRepositoryUri: 'https://github.com/acme/demo',
          buildConfigUri: 'https://github.com/acme/demo/.github/workflows/release.yml@refs/heads/a@b',
        },
      }),
    ).toEqual({ kind: 'GitHub', repository: 'acme/demo', workflow: 'release.yml' })
    expect(
      identityOf({ identity: 'a@b.example', issuer: 'https://accounts.google.com', claims: {} }),
    ).toEqual({
      kind: 'Google',
      email: 'a@b.example',
    })
  })

  it('tells a GitLab of somebody else from gitlab.com, and a pipeline file of another project', () => {
    expect(
      identityOf(gitlab('http://127.0.0.1:1', 'https://127.0.0.1:1/acme/ci//x.yml@refs/tags/v1')),
    ).toEqual({
      kind: 'GitLab',
      repository: 'acme/demo',
      workflow_filepath: 'https://127.0.0.1:1/acme/ci//x.yml',
      issuer: 'http://127.0.0.1:1',
    })
  })

  it.each([
    { identity: 'x', issuer: 'https://gitlab.com', claims: {} },
    { ...gitlab('https://gitlab.com', 'y'), issuer: 'https://evil.example' },
    { ...gitlab('https://github.com', 'y'), issuer: 'https://token.actions.githubusercontent.com' },
  ])('is none where the claims say too little or do not fit: case %#', (signer) => {
    expect(identityOf(signer)).toBeUndefined()
  })

  it.each([
    [{ kind: 'GitLab', repository: 'a/b' }, { kind: 'GitLab', repository: 'a/b', environment: 'x' }, true],
    [
      { kind: 'GitLab', repository: 'a/b', environment: 'y' },
      { kind: 'GitLab', repository: 'a/b', environment: 'x' },
      false,
    ],
    [
      { kind: 'GitLab', repository: 'a/b' },
      { kind: 'GitLab', repository: 'a/b', issuer: 'https://x.example' },
      false,
    ],
    [{ kind: 'GitHub', repository: 'a/b' }, { kind: 'GitLab', repository: 'a/b' }, false],
  ])('is the same where all that the lock says is: case %#', (locked, found, isSame) => {
    expect(isSameIdentity(locked, found)).toBe(isSame)
  })
})
