import { describe, expect, it } from 'vitest'
import { ISSUER, makeClaims } from '../../../identity/arrange.ts'
import { look, NOW_SECONDS, SEAL_URL, shortly, signingBy, type Machine } from '../arrange.ts'
import { identityCheck } from './identity.ts'
import { signingCheck } from './signing.ts'
import { tokenCheck } from './token.ts'

const SAN = 'https://gitlab.example/group/project//.gitlab-ci.yml@refs/heads/main'

function tokenOf(changes: Readonly<Record<string, unknown>> = {}): string {
  const parts = ['{"alg":"RS256"}', JSON.stringify({ ...makeClaims(), ...changes }), 'signature']
  return parts.map((part) => Buffer.from(part).toString('base64url')).join('.')
}

const signer = (changes: Readonly<Record<string, unknown>> = {}): Record<string, string> => ({
  SIGSTORE_ID_TOKEN: tokenOf(changes),
})

describe('the check of tokens', () => {
  it.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      'for signing',
      signer(),
      [`ok SIGSTORE_ID_TOKEN is for the audience sigstore, from ${ISSUER}, valid for 1 h`],
    ],
    [
      'that are not valid yet',
      signer({ nbf: NOW_SECONDS + 60 }),
      ['failed the id token of SIGSTORE_ID_TOKEN is not valid before 2030-03-17T17:47:40Z'],
    ],
    [
      'that are missing in a job',
      { CI_JOB_ID: '7' },
      ['warning SIGSTORE_ID_TOKEN is not set: nothing can be signed here'],
    ],
    ['that are missing elsewhere', {}, ['skipped SIGSTORE_ID_TOKEN is not set: nothing can be signed here']],
    [
      'for others',
      {
        ...signer(),
        PYPI_ID_TOKEN: tokenOf({ aud: 'pypi' }),
        OLD_ID_TOKEN: tokenOf({ exp: NOW_SECONDS - 1 }),
        ODD_ID_TOKEN: 'x',
      },
      [
        expect.stringContaining('ok SIGSTORE_ID_TOKEN'),
        'ok PYPI_ID_TOKEN is for the audience "pypi", valid for 1 h',
        'warning OLD_ID_TOKEN, for the audience "sigstore", expired at 2030-03-17T17:46:39Z',
        'ok ODD_ID_TOKEN is set, and is not an id token',
      ],
    ],
    [
      'for registries',
      { CI_JOB_TOKEN: 'glcbt-0123456789', TWINE_PASSWORD: 'secret' },
      [expect.stringContaining('skipped SIGSTORE_ID_TOKEN'), 'ok tokens for registries are set'],
    ],
  ])('%s', async (_what, env, expected) => {
    const found = await shortly(tokenCheck, { env })
    expect(found).toEqual(expected)
    for (const secret of Object.values(env).filter((value) => value.length > 5))
      expect(JSON.stringify(await look(tokenCheck, { env }))).not.toContain(secret.slice(-8))
  })

  it.each([
    ['sign.token-expired', { exp: NOW_SECONDS - 5 }],
    ['sign.token-audience', { aud: ['other'] }],
    ['sign.token-email', { email: 'ada@example.test' }],
    ['sign.token-malformed', { sub: undefined }],
  ])('fails as signing would: %s', async (code, changes) => {
    await expect(look(tokenCheck, { env: signer(changes) })).rejects.toMatchObject({ code })
  })
})

describe('the check of the identity', () => {
  const job = {
    CI_SERVER_URL: 'https://gitlab.example/lab',
    CI_PROJECT_PATH: 'group/project',
    CI_COMMIT_REF_NAME: 'v1',
    CI_COMMIT_TAG: 'v1',
  }

  it('says whom signatures name, by the token or, without one, as the job has it', async () => {
    expect(await shortly(identityCheck, { env: signer() })).toEqual([`ok signatures made here name ${SAN}`])
    expect(await shortly(identityCheck, { env: job })).toEqual([
      'ok signatures made here name https://gitlab.example/lab/group/project//.gitlab-ci.yml@refs/tags/v1',
    ])
    expect((await shortly(identityCheck))[0]).toContain('skipped the identity of a signature is not known')
  })

  it('gives the flags to verify with, as a shell takes them', async () => {
    const [finding] = await look(identityCheck, { env: signer() })
    expect(finding?.details).toEqual([
      `verify with: wheelseal verify --certificate-identity '${SAN}' --certificate-oidc-issuer '${ISSUER}' FILE`,
    ])
  })

  it.each([
    ['CERTIFICATE_IDENTITY', SAN.replace('heads/main', 'tags/v1'), 'the branch or tag is a different one'],
    ['CERTIFICATE_IDENTITY', SAN.replace('gitlab.example', 'gitlab.com'), 'the GitLab is a different one'],
    ['CERTIFICATE_IDENTITY', SAN.replace('group/project', 'group/other'), 'the project is a different one'],
    [
      'CERTIFICATE_IDENTITY',
      SAN.replace('.gitlab-ci.yml', 'ci/release.yml'),
      'the pipeline file is a different one',
    ],
    [
      'CERTIFICATE_IDENTITY',
      SAN.replace('//.gitlab-ci', '/.gitlab-ci'),
      expect.stringContaining('two slashes'),
    ],
    ['CERTIFICATE_IDENTITY', `${SAN} `, 'a space or a slash at its end is too many'],
    [
      'CERTIFICATE_IDENTITY',
      SAN.replace('main', '${CI_DEFAULT_BRANCH}'),
      'it has a variable that was not expanded',
    ],
    ['COSIGN_CERTIFICATE_IDENTITY', SAN.toUpperCase(), expect.stringContaining('different')],
    ['CERTIFICATE_OIDC_ISSUER', `${ISSUER}/`, 'a space or a slash at its end is too many'],
    ['COSIGN_CERTIFICATE_OIDC_ISSUER', 'https://gitlab.com', 'the GitLab is a different one'],
  ])('says how %s = %s differs', async (name, value, reason) => {
    const [finding] = await look(identityCheck, { env: { ...signer(), [name]: value } })
    expect(finding).toMatchObject({ outcome: 'failed', fact: expect.stringContaining(`${name} is `), reason })
  })

  it('takes the identity as it is', async () => {
    const env = { ...signer(), CERTIFICATE_IDENTITY: SAN, CERTIFICATE_OIDC_ISSUER: ISSUER }
    expect((await look(identityCheck, { env }))[0]?.outcome).toBe('ok')
  })

  it('fails for a token that no certificate can be made of', async () => {
    await expect(look(identityCheck, { env: signer({ ci_config_ref_uri: null }) })).rejects.toMatchObject({
      code: 'identity.claims',
    })
  })
})

describe('the check of signing', () => {
  const issuers = (...all: readonly object[]): Machine => ({
    env: signer(),
    replies: { [`${SEAL_URL}/api/v2/configuration`]: { body: JSON.stringify({ issuers: all }) } },
    io: signingBy(SEAL_URL, SEAL_URL),
  })

  it.each<[string, Machine, string]>([
    [
      'an authority that trusts the issuer',
      issuers({ issuerUrl: ISSUER, audience: 'sigstore' }),
      'ok the certificate authority https://seal.example trusts the issuer of the id token',
    ],
    [
      'one that trusts all of a kind',
      issuers({ wildcardIssuerUrl: 'https://*.example', audience: 'sigstore' }),
      'ok the certificate authority',
    ],
    [
      'one that trusts a pattern, whose star is one label',
      issuers({ wildcardIssuerUrl: 'https://*ample' }),
      'failed the certificate authority',
    ],
    [
      'one that trusts others',
      issuers({ issuerUrl: 'https://gitlab.com' }, { wildcardIssuerUrl: 'https://*.gitlab.example' }),
      `failed the certificate authority https://seal.example does not trust the issuer ${ISSUER}`,
    ],
    [
      'one that expects another audience',
      issuers({ issuerUrl: ISSUER, audience: 'wheels' }),
      'failed the certificate authority https://seal.example expects the audience wheels',
    ],
    [
      'one that is no Fulcio',
      { ...issuers(), replies: { [`${SEAL_URL}/api/v2/configuration`]: { body: '[]' } } },
      'warning https://seal.example does not say which issuers it trusts',
    ],
    [
      'one that is away',
      { ...issuers(), replies: {} },
      'failed signing would be refused by https://seal.example',
    ],
    [
      'a token that is over',
      { ...issuers({ issuerUrl: ISSUER }), env: signer({ exp: NOW_SECONDS }) },
      'failed signing would be refused',
    ],
    [
      'no authority',
      { env: signer() },
      'failed there is an id token, and no certificate authority is configured',
    ],
    ['no token', { ...issuers(), env: {} }, 'skipped there is no id token to sign with'],
  ])('with %s', async (_what, machine, expected) => {
    expect((await shortly(signingCheck, machine))[0]).toContain(expected)
  })
})
