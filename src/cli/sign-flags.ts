import { environmentSettings, type Environment } from '../app/settings/index.ts'
import {
  appSignErrors,
  type AttestPlan,
  type ServiceChoice,
  type SigningPlan,
  type SignPlan,
  type TokenChoice,
} from '../app/sign/index.ts'
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

/** The flags of `wheelseal attest`. */
export interface AttestFlags extends SignFlags {
  readonly publish?: boolean
  readonly provenance?: boolean
}

/** What is meant by the flags. Throws `app.sign-flags`, `app.verify-flags`: both are wrong usage. */
export function signPlanOf(files: readonly string[], flags: SignFlags, env: Environment): SignPlan {
  const forms = flags.legacy === false ? 'bundle' : 'bundle and legacy'
  return { ...signingPlan(files, flags, env), forms }
}

/** The same for `wheelseal attest`; without a kind it is the publish attestation. */
export function attestPlanOf(files: readonly string[], flags: AttestFlags, env: Environment): AttestPlan {
  const { publish, provenance } = flags
  const kinds = [
    ...(publish === true ? (['publish'] as const) : []),
    ...(provenance === true ? (['provenance'] as const) : []),
  ]
  return { ...signingPlan(files, flags, env), kinds: kinds.length === 0 ? ['publish'] : kinds }
}

function signingPlan(files: readonly string[], flags: SignFlags, env: Environment): SigningPlan {
  for (const [name, value] of Object.entries(flags))
    if (value === '') throw appSignErrors('app.sign-flags', `--${dashed(name)} has no value`)
  const { bundleDir, trustedRoot } = flags
  const settings = [environmentSettings(env)]
  const { trust } = trustChoice(trustedRoot === undefined ? {} : { trustedRoot }, settings)
  return {
    files,
    token: tokenChoice(flags, env),
    services: serviceChoice(flags, env),
    // The trust root of public Sigstore is what verification falls back to; nobody has named it here.
    ...(trust.kind === 'public' ? {} : { trust }),
    ...(bundleDir === undefined ? {} : { bundleFolder: bundleDir }),
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
