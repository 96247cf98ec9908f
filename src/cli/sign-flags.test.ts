import { describe, expect, it } from 'vitest'
import { environmentSettings, type Environment, type SettingGroup } from '../client/settings/index.ts'
import { signPlanOf, type Beside } from './sign-flags.ts'

const beside = (env: Environment, file: SettingGroup = {}): Beside => ({
  env,
  settings: [environmentSettings(env), file],
})

const env = {
  WHEELSEAL_FULCIO_URL: 'f',
  WHEELSEAL_REKOR_URL: 'r',
  WHEELSEAL_TSA_URL: '',
  WHEELSEAL_SIGNING_CONFIG: 'c',
}

describe('the plan of a signing', () => {
  it('takes all of the environment where no flag names a service', () => {
    expect(signPlanOf(['a'], { legacy: true }, beside({ ...env, SIGSTORE_ID_TOKEN: 't' }))).toMatchObject({
      files: ['a'],
      token: { kind: 'environment', text: 't' },
      services: { fulcioUrl: 'f', rekorUrl: 'r', signingConfig: 'c' },
      forms: 'bundle and legacy',
    })
  })

  it.each([
    [{ rekorUrl: 'x' }, { rekorUrl: 'x' }],
    [{ signingConfig: 'x' }, { signingConfig: 'x' }],
    [{ tsaUrl: 'x' }, { tsaUrl: 'x' }],
  ])('takes nothing of the environment beside the flags %j', (flags, services) => {
    expect(signPlanOf(['a'], flags, beside(env)).services).toEqual(services)
  })

  it('takes all of a file where neither flag nor variable names a service, and says so', () => {
    const from = '/p/pyproject.toml'
    const file = { 'rekor-url': { value: 'x', from }, 'trusted-root': { value: '/p/t.json', from } }
    expect(signPlanOf(['a'], {}, beside({}, file))).toMatchObject({
      services: { rekorUrl: 'x' },
      trust: { kind: 'file', path: '/p/t.json' },
      origins: [
        { name: 'rekor-url', value: 'x', from },
        { name: 'trusted-root', value: '/p/t.json', from },
      ],
    })
    expect(signPlanOf(['a'], {}, beside(env, file)).services).not.toMatchObject({ rekorUrl: 'x' })
    expect(signPlanOf(['a'], { tsaUrl: 'z', trustedRoot: 'r' }, beside({}, file)).origins).toEqual([])
  })

  it('takes a token in a file before that of the environment', () => {
    const { token } = signPlanOf(['a'], { identityTokenFile: '-' }, beside({ SIGSTORE_ID_TOKEN: 't' }))
    expect(token).toEqual({ kind: 'file', path: '-' })
  })

  it('has a trust root where somebody names one, and never that of public Sigstore', () => {
    expect(signPlanOf(['a'], {}, beside({}))).not.toHaveProperty('trust')
    expect(signPlanOf(['a'], { trustedRoot: 'x' }, beside({})).trust).toEqual({ kind: 'file', path: 'x' })
    expect(signPlanOf(['a'], {}, beside({ WHEELSEAL_TRUSTED_ROOT: 'y' })).trust).toEqual({
      kind: 'file',
      path: 'y',
    })
  })

  it('has no legacy files where they are not wanted', () => {
    expect(signPlanOf(['a'], { legacy: false, bundleDir: 'd' }, beside({}))).toMatchObject({
      forms: 'bundle',
      bundleFolder: 'd',
    })
  })

  it('refuses a flag without a value', () => {
    const refused = expect.objectContaining({ code: 'client.sign-flags', exit: 2 })
    expect(() => signPlanOf(['a'], { tsaUrl: '' }, beside({}))).toThrow(refused)
  })
})
