import { describe, expect, it } from 'vitest'
import type { WheelsealError } from '../base/index.ts'
import { environmentSettings, type SettingGroup } from '../client/settings/index.ts'
import { planOf } from './verify-flags.ts'
import type { VerifyFlags } from './verify-usage.ts'

const HEX = 'ab'.repeat(32)
const ISSUER = 'https://gitlab.example'
const named = { certificateIdentity: 'a@b.example', certificateOidcIssuer: ISSUER }
const project = { project: 'acme/tools', certificateOidcIssuer: ISSUER }

describe('the plan of a verification', () => {
  it('is of files beside which seals are found, from public Sigstore, with the network', async () => {
    expect(await planOf(['a', 'b'], named, [])).toEqual({
      targets: [
        { kind: 'file', path: 'a' },
        { kind: 'file', path: 'b' },
      ],
      seal: { kind: 'beside' },
      trust: { kind: 'public' },
      expectation: {
        kind: 'policy',
        policy: {
          anyOf: [
            {
              san: { kind: 'exact', value: 'a@b.example' },
              issuer: { kind: 'exact', value: ISSUER },
            },
          ],
          rule: 'the expected identity is given by flags',
        },
      },
      network: 'allowed',
      origins: [{ name: 'trusted-root', value: 'public Sigstore', from: 'default' }],
      leftOut: [],
    })
    expect(await planOf(['a'], { ...named, offline: true }, [])).toMatchObject({ network: 'none' })
  })

  it.each<[string, VerifyFlags, object]>([
    ['a bundle', { bundle: 'b' }, { kind: 'bundle', path: 'b' }],
    ['a provenance', { provenance: 'p' }, { kind: 'provenance', path: 'p' }],
    ['a pair', { signature: 's', certificate: 'c' }, { kind: 'pair', signature: 's', certificate: 'c' }],
  ])('takes %s', async (_what, flags, seal) => {
    expect(await planOf(['a'], { ...named, ...flags }, [])).toMatchObject({ seal })
  })

  it('takes a key in place of an identity, and then no certificate', async () => {
    expect(await planOf(['a'], { key: 'k', signature: 's' }, [])).toMatchObject({
      expectation: { kind: 'key', path: 'k' },
      seal: { kind: 'pair', signature: 's' },
    })
  })

  it('leaves out seals of files that are named too, and nothing else', async () => {
    const endings = ['sigstore.json', 'sig', 'crt', 'publish.attestation', 'slsa.attestation']
    const seals = endings.map((ending) => `d/a.whl.${ending}`)
    const { targets, leftOut } = await planOf([...seals, 'd/a.whl', 'd/b.whl.sig', 'd/a.txt'], named, [])
    expect(leftOut).toEqual(seals)
    expect(targets).toMatchObject([{ path: 'd/a.whl' }, { path: 'd/b.whl.sig' }, { path: 'd/a.txt' }])
  })

  it('takes one bundle for several files, of which an attestation may be', async () => {
    const { targets, seal } = await planOf(['a', 'b'], { ...named, bundle: 's' }, [])
    expect([targets, seal]).toMatchObject([[{ path: 'a' }, { path: 'b' }], { kind: 'bundle' }])
  })

  it('leaves out nothing for the sake of an empty name', async () => {
    expect((await planOf(['', 'a', '.sig'], named, [])).leftOut).toEqual([])
  })

  it('looks beside the file for a signature alone where a key is given', async () => {
    expect(await planOf(['a'], { key: 'k' }, [])).toMatchObject({ seal: { kind: 'beside', of: 'key' } })
  })

  it('takes a digest in place of a file, with its seal', async () => {
    const plan = await planOf([`sha256:${HEX}`], { ...named, bundle: 'b' }, [])
    expect(plan.targets).toEqual([
      { kind: 'digest', sha256: new Uint8Array(32).fill(0xab), text: `sha256:${HEX}` },
    ])
  })

  it.each<[string, VerifyFlags, Record<string, string>, object]>([
    ['a file', { trustedRoot: 't' }, { WHEELSEAL_TRUSTED_ROOT: 'x' }, { kind: 'file', path: 't' }],
    [
      'a file of the environment',
      {},
      { WHEELSEAL_TRUSTED_ROOT: 'x', WHEELSEAL_TUF_URL: 'y' },
      { kind: 'file', path: 'x' },
    ],
    [
      'a repository before a file of the environment',
      { tufUrl: 'u', tufRoot: `sha256:${HEX}` },
      { WHEELSEAL_TRUSTED_ROOT: 'x' },
      { kind: 'tuf', url: 'u', root: { kind: 'digest', sha256: HEX } },
    ],
    [
      'a repository of the environment',
      {},
      { WHEELSEAL_TUF_URL: 'u', WHEELSEAL_TUF_ROOT: 'r' },
      { kind: 'tuf', url: 'u', root: { kind: 'file', path: 'r' } },
    ],
    [
      'nothing for empty variables',
      {},
      { WHEELSEAL_TRUSTED_ROOT: '', WHEELSEAL_TUF_URL: '' },
      { kind: 'public' },
    ],
  ])('starts from %s', async (...[, flags, env, trust]) => {
    expect(await planOf(['a'], { ...named, ...flags }, [environmentSettings(env)])).toMatchObject({ trust })
  })

  it('makes a project to an identity and the project in its certificate', async () => {
    const { expectation } = await planOf(['a'], project, [])
    expect(expectation).toMatchObject({
      policy: {
        anyOf: [
          {
            san: {
              kind: 'exact',
              value: 'https://gitlab.example/acme/tools//.gitlab-ci.yml@refs/heads/main',
            },
            issuer: { kind: 'exact', value: ISSUER },
            extensions: [
              { extension: 'sourceRepositoryUri', rule: { kind: 'exact', value: `${ISSUER}/acme/tools` } },
            ],
          },
        ],
      },
    })
  })

  it.each([
    ['stable', 'exact', 'refs/heads/stable'],
    ['refs/tags/v*', 'glob', 'refs/tags/v*'],
  ])('takes the ref %s', async (ref, kind, full) => {
    const { expectation } = await planOf(['a'], { ...project, ref }, [])
    const value = `https://gitlab.example/acme/tools//.gitlab-ci.yml@${full}`
    expect(expectation).toMatchObject({ policy: { anyOf: [{ san: { kind, value } }] } })
  })

  it.each([
    [{ WHEELSEAL_GITLAB_URL: 'https://a.example', CI_SERVER_URL: 'https://b.example' }, 'https://a.example'],
    [{ WHEELSEAL_GITLAB_URL: '', CI_SERVER_URL: 'https://b.example' }, 'https://b.example'],
  ])('takes the GitLab of %j', async (env, value) => {
    const { expectation } = await planOf(['a'], { project: 'acme/tools' }, [environmentSettings(env)])
    expect(expectation).toMatchObject({ policy: { anyOf: [{ issuer: { value } }] } })
  })

  it('takes patterns, which are over the whole text', async () => {
    const flags = { certificateIdentityRegexp: '.*@b.example', certificateOidcIssuerRegexp: 'https://.*' }
    const { expectation } = await planOf(['a'], flags, [])
    expect(expectation).toMatchObject({
      policy: { anyOf: [{ san: { kind: 'pattern', source: '.*@b.example' }, issuer: { kind: 'pattern' } }] },
    })
  })
})

describe('what no flag says', () => {
  const of = (from: string, values: Readonly<Record<string, string>>): SettingGroup =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, from }]))
  const file = of('/p/wheelseal.toml', {
    'trusted-root': '/p/t.json',
    'gitlab-url': ISSUER,
    policy: '/p/policy.toml',
  })

  it('is of the configuration, and the plan tells what is from where', async () => {
    expect(await planOf(['a'], {}, [{}, file])).toMatchObject({
      trust: { kind: 'file', path: '/p/t.json' },
      expectation: { kind: 'policy-file', path: '/p/policy.toml' },
      origins: [
        { name: 'trusted-root', value: '/p/t.json', from: '/p/wheelseal.toml' },
        { name: 'policy', value: '/p/policy.toml', from: '/p/wheelseal.toml' },
      ],
    })
    expect((await planOf(['a'], { project: 'acme/tools' }, [file])).origins).toMatchObject([
      { name: 'trusted-root' },
      { name: 'gitlab-url', value: ISSUER, from: '/p/wheelseal.toml' },
    ])
  })

  it('is of a variable before a file, and of a flag before both', async () => {
    const env = environmentSettings({ WHEELSEAL_TRUSTED_ROOT: 'e' })
    expect(await planOf(['a'], named, [env, file])).toMatchObject({
      trust: { path: 'e' },
      origins: [{ from: 'WHEELSEAL_TRUSTED_ROOT' }],
    })
    const flagged = await planOf(['a'], { ...named, trustedRoot: 't' }, [env, file])
    expect(flagged).toMatchObject({ trust: { path: 't' }, origins: [{ from: '--trusted-root' }] })
  })

  it('never is a policy where a flag says who, nor a first root of one source for the address of another', async () => {
    expect(await planOf(['a'], named, [file])).toMatchObject({ expectation: { kind: 'policy' } })
    expect(await planOf(['a'], { key: 'k' }, [file])).toMatchObject({ expectation: { kind: 'key' } })
    const roots = of('/p/wheelseal.toml', { 'tuf-url': 'https://tuf.example', 'tuf-root': `sha256:${HEX}` })
    const env = environmentSettings({ WHEELSEAL_TUF_URL: 'https://other.example' })
    await expect(planOf(['a'], named, [env, roots])).rejects.toMatchObject({ code: 'client.verify-flags' })
    await expect(planOf(['a'], { ...named, tufUrl: 'u' }, [roots])).rejects.toMatchObject({
      code: 'client.verify-flags',
    })
  })
})

describe('wrong usage', () => {
  it.each<[string, VerifyFlags, string]>([
    ['nobody who must have signed', {}, 'say who must have signed: --certificate-identity and'],
    ['a name without an issuer', { certificateIdentity: 'a' }, '--certificate-oidc-issuer is missing'],
    ['an issuer without a name', { certificateOidcIssuer: ISSUER }, '--certificate-identity is missing'],
    ['a project of no GitLab', { project: 'acme/tools' }, 'the GitLab of the project is not given'],
  ])('is %s, with the line to add', async (_what, flags, fact) => {
    const error = await failureOf(['a'], flags)
    expect(error).toMatchObject({ code: 'client.verify-expectation', exit: 2 })
    expect(error.message).toContain(fact)
    expect(error.hint).toMatch(/^add --/)
  })

  it.each<[string, readonly string[], VerifyFlags, string]>([
    ['two seals', ['a'], { ...named, bundle: 'b', signature: 's' }, '--bundle and --signature cannot'],
    [
      'a certificate beside a bundle',
      ['a'],
      { ...named, bundle: 'b', certificate: 'c' },
      '--bundle and --certificate',
    ],
    [
      'one signature for two files',
      ['a', 'b'],
      { ...named, signature: 's', certificate: 'c' },
      'one signature is given for 2 files',
    ],
    ['standard input without a bundle', ['-'], named, 'standard input has no folder'],
    ['half a pair', ['a'], { ...named, signature: 's' }, '--signature needs --certificate'],
    ['the other half', ['a'], { ...named, certificate: 's' }, '--certificate needs --signature'],
    ['a digest alone', [`sha256:${HEX}`], named, 'a digest has no folder'],
    ['a digest under a policy', [`sha256:${HEX}`], { policy: 'p', bundle: 'b' }, 'a digest does not have'],
    ['a digest that is none', ['sha256:AB'], named, '64 lower-case hex digits'],
    ['two trust roots', ['a'], { ...named, trustedRoot: 't', tufUrl: 'u' }, '--trusted-root and --tuf-url'],
    [
      'a first root beside a trust root',
      ['a'],
      { ...named, trustedRoot: 't', tufRoot: 'r' },
      '--trusted-root and --tuf-root',
    ],
    ['a repository without a root', ['a'], { ...named, tufUrl: 'u' }, '--tuf-url needs --tuf-root'],
    ['a root without a repository', ['a'], { ...named, tufRoot: 'u' }, '--tuf-root needs --tuf-url'],
    [
      'a root digest that is none',
      ['a'],
      { ...named, tufUrl: 'u', tufRoot: 'sha256:1' },
      '--tuf-root is not a digest',
    ],
    [
      'two names',
      ['a'],
      { ...named, certificateIdentityRegexp: '.' },
      '--certificate-identity-regexp cannot be used together',
    ],
    ['two issuers', ['a'], { ...named, certificateOidcIssuerRegexp: '.' }, 'issuer-regexp cannot'],
    ['a name and a project', ['a'], { ...named, project: 'a/b' }, '--project and --certificate-identity'],
    ['a name and a policy', ['a'], { ...named, policy: 'p' }, '--policy and an identity'],
    ['a name and a key', ['a'], { ...named, key: 'p' }, '--key and an identity'],
    ['a ref of no project', ['a'], { ...named, ref: 'main' }, '--ref needs --project'],
    [
      'a project and an issuer pattern',
      ['a'],
      { project: 'a/b', certificateOidcIssuerRegexp: '.' },
      'needs the exact issuer, not a pattern',
    ],
    ['a project that is none', ['a'], { ...project, project: 'tools' }, 'must be GROUP/NAME'],
    ['a project with a star', ['a'], { ...project, project: 'acme/*' }, 'must be GROUP/NAME'],
    ['a ref that is none', ['a'], { ...project, ref: 'a b' }, 'not allowed in a ref'],
    [
      'an issuer with a slash',
      ['a'],
      { ...project, certificateOidcIssuer: `${ISSUER}/` },
      'of the claim iss',
    ],
    [
      'a pattern that is none',
      ['a'],
      { certificateIdentityRegexp: '(', certificateOidcIssuer: ISSUER },
      'is not an RE2 pattern',
    ],
    ['an empty value', ['a'], { ...named, trustedRoot: '' }, '--trusted-root has no value'],
    ['an empty name', ['a'], { ...named, certificateIdentity: '' }, '--certificate-identity has no value'],
  ])('is %s', async (...[, files, flags, fact]) => {
    const error = await failureOf(files, flags)
    expect(error).toMatchObject({ code: 'client.verify-flags', exit: 2 })
    expect(error.message).toContain(fact)
  })
})

function failureOf(files: readonly string[], flags: VerifyFlags): Promise<WheelsealError> {
  return planOf(files, flags, []).then(
    () => expect.unreachable(),
    (error: unknown) => error as WheelsealError,
  )
}
