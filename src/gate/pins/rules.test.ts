import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { isAllowed, readPolicy, type Identity } from '../../verify/index.ts'
import { pin, pipeline, workflow } from '../decide/arrange.ts'
import type { Pin } from '../facts.ts'
import { pinsAsRules } from './rules.ts'
import { signerOf } from './signer.ts'

/** What the rules of a policy file say of these identities. */
async function allowed(pins: readonly Pin[], identities: readonly Identity[]): Promise<readonly boolean[]> {
  const text = `version = 1\n\n${await pinsAsRules(new Map([['demo', pins]]))}`
  const policy = (await readPolicy(utf8(text), 'policy.toml')).policyFor('demo')
  return identities.map((one) => isAllowed(one, policy))
}

function pinOf(identity: Identity): Pin {
  const { issuer, repository, repositoryUri, repositoryId, workflow: file, refKind } = signerOf(identity)
  const kept =
    repositoryId === undefined
      ? ({ kind: 'uri', value: repositoryUri } as const)
      : ({ kind: 'id', value: repositoryId } as const)
  return { ...pin, issuer, repository: kept, shown: repository, workflow: file, refKind }
}

describe('pins as rules', () => {
  const person = {
    san: 'ann@acme.example',
    sanKind: 'email',
    issuer: 'https://login.example',
    extensions: {},
  } as const
  const all: readonly Identity[] = [
    pipeline(),
    pipeline('mallory/demo'),
    pipeline('acme/demo', { sourceRepositoryRef: 'refs/heads/main' }),
    pipeline('acme/demo', { sourceRepositoryRef: 'refs/merge-requests/1/head' }),
    workflow('acme/demo'),
    { ...workflow('acme/demo'), san: workflow('shared/flows').san },
    person,
    { ...person, sanKind: 'uri', san: 'https://ci.example/service' },
  ]

  it('let in the signer of the pin, and no other', async () => {
    for (const one of all)
      expect([one.san, await allowed([pinOf(one)], all)]).toEqual([
        one.san,
        all.map((other) => other === one),
      ])
  })

  it('are written with the names that people know, one rule for packages of the same signer', async () => {
    const pins = [pinOf(workflow('acme/demo'))]
    expect(
      await pinsAsRules(
        new Map([
          ['demo', pins],
          ['tools', pins],
        ]),
      ),
    ).toBe(`[[rules]]
names = ["demo", "tools"]

[[rules.any_of]]
issuer = "https://token.actions.githubusercontent.com"
repository = "acme/demo"
workflow = "release.yml"
repository_id = 8
refs = ["refs/tags/*", "refs/tags/*/*"]
`)
  })

  it('say a pin that leaves the pipeline file open', async () => {
    const repository = { kind: 'uri', value: 'https://gitlab.com/acme/demo' } as const
    const open = { ...pin, repository, workflow: null, refKind: null }
    expect(await allowed([open], [pipeline(), pipeline('mallory/demo'), pipeline('acme/demo-evil')])).toEqual(
      [true, false, false],
    )
  })

  it('leave out what no rule can say, in a comment', async () => {
    const repository = { kind: 'id', value: 'x\n[[rules]]' } as const
    expect(await pinsAsRules(new Map([['demo', [{ ...pin, repository }]]]))).toBe(
      '# demo: no rule can be written for one of its signers\n',
    )
  })

  it('are a policy, whatever stood in a certificate', async () => {
    const breakout = '"\n[[rules]]\nnames = ["x"]\n'
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constant(breakout))
    await fc.assert(
      fc.asyncProperty(text, text, text, async (shown, file, issuer) => {
        const repository = { kind: 'uri', value: shown } as const
        const rules = await pinsAsRules(
          new Map([['demo', [{ ...pin, shown, workflow: file, issuer, repository }]]]),
        )
        const policy = await readPolicy(utf8(`version = 1\n${rules}`), 'policy.toml')
        expect(policy.isListed('x')).toBe(false)
      }),
      { numRuns: 40 },
    )
  })
})
