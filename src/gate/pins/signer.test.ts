import { describe, expect, it } from 'vitest'
import type { Identity } from '../../verify/index.ts'
import { pin, pipeline, workflow } from '../decide/arrange.ts'
import type { Pin } from '../facts.ts'
import { identityMatchesPin, signerOf } from './signer.ts'

const branch = pipeline('acme/demo', { sourceRepositoryRef: 'refs/heads/main' })

describe('a signer', () => {
  it.each<readonly [string, Identity, object]>([
    [
      'a GitLab pipeline',
      pipeline(),
      { repository: 'gitlab.com/acme/demo', workflow: '.gitlab-ci.yml', refKind: 'tag' },
    ],
    [
      'a GitHub workflow',
      workflow('acme/demo'),
      { repository: 'github.com/acme/demo', workflow: '.github/workflows/release.yml' },
    ],
    [
      'a workflow of another repository',
      { ...workflow('acme/demo'), san: workflow('shared/flows').san },
      {
        repository: 'github.com/acme/demo',
        workflow: 'github.com/shared/flows/.github/workflows/release.yml',
      },
    ],
    [
      'a pipeline that is known by its URI alone',
      { ...pipeline(), extensions: {} },
      {
        repository: 'gitlab.com/acme/demo',
        repositoryId: undefined,
        workflow: '.gitlab-ci.yml',
        refKind: 'tag',
      },
    ],
    [
      'a person',
      { san: 'ann@acme.example', sanKind: 'email', issuer: 'https://login.example', extensions: {} },
      { repository: 'mailto:ann@acme.example', workflow: null, refKind: null },
    ],
    [
      'a service that is no pipeline',
      { san: 'https://ci.example/service', sanKind: 'uri', issuer: 'https://ci.example', extensions: {} },
      { repository: 'ci.example/service', workflow: null, refKind: null },
    ],
    [
      'a pull request',
      pipeline('acme/demo', { sourceRepositoryRef: 'refs/pull/1/merge' }),
      { refKind: 'other' },
    ],
  ])('that is %s is taken apart', (_, identity, expected) => {
    expect(signerOf(identity)).toMatchObject(expected)
  })
})

type MatchCase = readonly [what: string, expected: boolean, identity: Identity, pin?: Partial<Pin>]

const otherFile = { ...pipeline(), san: 'https://gitlab.com/acme/demo//evil.yml@refs/tags/v1' }
const approved = {
  repository: { kind: 'uri', value: 'https://gitlab.com/acme/demo' },
  workflow: null,
  refKind: null,
} as const

const CASES: readonly MatchCase[] = [
  ['itself', true, pipeline()],
  ['a repository that has moved', true, pipeline('acme/new', { sourceRepositoryIdentifier: '7' })],
  ['another repository of the name', false, pipeline('acme/demo', { sourceRepositoryIdentifier: '8' })],
  ['a repository without an id', false, { ...pipeline(), extensions: {} }],
  ['of another issuer', false, { ...pipeline(), issuer: 'https://gitlab.example' }],
  ['a branch', false, branch],
  ['a branch where any ref will do', true, branch, { refKind: null }],
  ['another pipeline file', false, otherFile],
  ['another pipeline file where any will do', true, otherFile, { workflow: null }],
  [
    'a file with the ref of the pinned one in its name',
    false,
    { ...pipeline(), san: 'https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1.yml@refs/heads/x' },
    { refKind: null },
  ],
  ['a project that was approved by its path', true, pipeline(), approved],
  ['a project below one that was approved', false, pipeline('acme/demo/evil'), approved],
]

describe('the signer of a file', () => {
  for (const [what, expected, identity, changes = {}] of CASES)
    it(`that is ${what} ${expected ? 'matches' : 'does not match'} the pin`, () => {
      expect(identityMatchesPin(identity, { ...pin, ...changes })).toBe(expected)
    })
})
