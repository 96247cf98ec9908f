import { describe, expect, it } from 'vitest'
import { signPlanOf } from './sign-flags.ts'

const env = {
  WHEELSEAL_FULCIO_URL: 'f',
  WHEELSEAL_REKOR_URL: 'r',
  WHEELSEAL_TSA_URL: '',
  WHEELSEAL_SIGNING_CONFIG: 'c',
}

describe('the plan of a signing', () => {
  it('takes all of the environment where no flag names a service', () => {
    expect(signPlanOf(['a'], { legacy: true }, { ...env, SIGSTORE_ID_TOKEN: 't' })).toEqual({
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
    expect(signPlanOf(['a'], flags, env).services).toEqual(services)
  })

  it('takes a token in a file before that of the environment', () => {
    const { token } = signPlanOf(['a'], { identityTokenFile: '-' }, { SIGSTORE_ID_TOKEN: 't' })
    expect(token).toEqual({ kind: 'file', path: '-' })
  })

  it('has a trust root where somebody names one, and never that of public Sigstore', () => {
    expect(signPlanOf(['a'], {}, {})).not.toHaveProperty('trust')
    expect(signPlanOf(['a'], { trustedRoot: 'x' }, {}).trust).toEqual({ kind: 'file', path: 'x' })
    expect(signPlanOf(['a'], {}, { WHEELSEAL_TRUSTED_ROOT: 'y' }).trust).toEqual({ kind: 'file', path: 'y' })
  })

  it('has no legacy files where they are not wanted', () => {
    expect(signPlanOf(['a'], { legacy: false, bundleDir: 'd' }, {})).toMatchObject({
      forms: 'bundle',
      bundleFolder: 'd',
    })
  })

  it('refuses a flag without a value', () => {
    const refused = expect.objectContaining({ code: 'app.sign-flags', exit: 2 })
    expect(() => signPlanOf(['a'], { tsaUrl: '' }, {})).toThrow(refused)
  })
})
