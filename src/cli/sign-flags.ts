import { environmentSettings, type Environment } from '../app/settings/index.ts'
import { appSignErrors, type ServiceChoice, type SignPlan, type TokenChoice } from '../app/sign/index.ts'
import { trustChoice } from './verify-flags.ts'

/** The flags of `wheelseal sign` as commander gives them. */
export interface SignFlags {
  readonly identityTokenFile?: string
  readonly fulcioUrl?: string
  readonly rekorUrl?: string
  readonly tsaUrl?: string
  readonly signingConfig?: string
  readonly trustedRoot?: string
  readonly bundleDir?: string
  /** Commander's: false with --no-legacy. */
  readonly legacy?: boolean
}

/** What is meant by the flags. Throws `app.sign-flags`, `app.verify-flags`: both are wrong usage. */
export function signPlanOf(files: readonly string[], flags: SignFlags, env: Environment): SignPlan {
  for (const [name, value] of Object.entries(flags))
    if (value === '') throw appSignErrors('app.sign-flags', `--${dashed(name)} has no value`)
  const { bundleDir, legacy, trustedRoot } = flags
  const settings = [environmentSettings(env)]
  const { trust } = trustChoice(trustedRoot === undefined ? {} : { trustedRoot }, settings)
  return {
    files,
    token: tokenChoice(flags, env),
    services: serviceChoice(flags, env),
    // The trust root of public Sigstore is what verification falls back to; nobody has named it here.
    ...(trust.kind === 'public' ? {} : { trust }),
    ...(bundleDir === undefined ? {} : { bundleFolder: bundleDir }),
    forms: legacy === false ? 'bundle' : 'bundle and legacy',
  }
}

function tokenChoice({ identityTokenFile: path }: SignFlags, env: Environment): TokenChoice {
  if (path !== undefined) return { kind: 'file', path }
  return { kind: 'environment', text: env['SIGSTORE_ID_TOKEN'] ?? '' }
}

/** A flag before every variable, so that the log of one Sigstore never gets the certificate of another by chance. */
function serviceChoice(
  { fulcioUrl, rekorUrl, tsaUrl, signingConfig }: SignFlags,
  env: Environment,
): ServiceChoice {
  const flags = given({ fulcioUrl, rekorUrl, tsaUrl, signingConfig })
  if (Object.keys(flags).length > 0) return flags
  return given({
    fulcioUrl: env['WHEELSEAL_FULCIO_URL'],
    rekorUrl: env['WHEELSEAL_REKOR_URL'],
    tsaUrl: env['WHEELSEAL_TSA_URL'],
    signingConfig: env['WHEELSEAL_SIGNING_CONFIG'],
  })
}

function given(values: Readonly<Record<keyof ServiceChoice, string | undefined>>): ServiceChoice {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''))
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
