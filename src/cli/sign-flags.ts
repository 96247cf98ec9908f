import { groupOf, type Environment, type Settings } from '../client/settings/index.ts'
import {
  clientSignErrors,
  type AttestPlan,
  type ServiceChoice,
  type SigningPlan,
  type SignPlan,
  type TokenChoice,
} from '../client/sign/index.ts'
import type { Origin } from '../client/verify/index.ts'
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
export interface AttestFlags extends Omit<SignFlags, 'tsaUrl' | 'legacy'> {
  readonly publish?: boolean
  readonly provenance?: boolean
}

/** Whatever no flag says. */
export interface Beside {
  /** Of which the token is taken, and nothing else. */
  readonly env: Environment
  readonly settings: Settings
}

/** A plan, and what of it no flag has said. */
export type Meant<Plan> = Plan & { readonly origins: readonly Origin[] }

/** What is meant by the flags. Throws `client.sign-flags`, `client.verify-flags`: both are wrong usage. */
export function signPlanOf(files: readonly string[], flags: SignFlags, beside: Beside): Meant<SignPlan> {
  const forms = flags.legacy === false ? 'bundle' : 'bundle and legacy'
  return { ...signingPlan(files, flags, beside), forms }
}

/** The same for `wheelseal attest`; without a kind it is the publish attestation. */
export function attestPlanOf(
  files: readonly string[],
  flags: AttestFlags,
  beside: Beside,
): Meant<AttestPlan> {
  const { publish, provenance } = flags
  const kinds = [
    ...(publish === true ? (['publish'] as const) : []),
    ...(provenance === true ? (['provenance'] as const) : []),
  ]
  return { ...signingPlan(files, flags, beside), kinds: kinds.length === 0 ? ['publish'] : kinds }
}

function signingPlan(files: readonly string[], flags: SignFlags, beside: Beside): Meant<SigningPlan> {
  for (const [name, value] of Object.entries(flags))
    if (value === '') throw clientSignErrors('client.sign-flags', `--${dashed(name)} has no value`)
  const { bundleDir, trustedRoot } = flags
  const { trust, origins } = trustChoice(trustedRoot === undefined ? {} : { trustedRoot }, beside.settings)
  const chosen = serviceChoice(flags, beside.settings)
  return {
    files,
    token: tokenChoice(flags, beside.env),
    services: chosen.services,
    // The trust root of public Sigstore is what verification falls back to; nobody has named it here.
    ...(trust.kind === 'public' ? {} : { trust }),
    ...(bundleDir === undefined ? {} : { bundleFolder: bundleDir }),
    origins: [...chosen.origins, ...(trust.kind === 'public' ? [] : origins)].filter(
      ({ from }) => !from.startsWith('--'),
    ),
  }
}

function tokenChoice({ identityTokenFile: path }: SignFlags, env: Environment): TokenChoice {
  if (path !== undefined) return { kind: 'file', path }
  return { kind: 'environment', text: env['SIGSTORE_ID_TOKEN'] ?? '' }
}

const SERVICES = {
  'fulcio-url': 'fulcioUrl',
  'rekor-url': 'rekorUrl',
  'tsa-url': 'tsaUrl',
  'signing-config': 'signingConfig',
} as const
type ServiceName = keyof typeof SERVICES
const SERVICE_NAMES = Object.keys(SERVICES) as readonly ServiceName[]

/** All by flags, or by one source of settings, so that one Sigstore's log never gets another's certificate by chance. */
export function serviceChoice(
  flags: SignFlags,
  settings: Settings,
): { readonly services: ServiceChoice; readonly origins: readonly Origin[] } {
  const given = SERVICE_NAMES.flatMap((name) => {
    const value = flags[SERVICES[name]]
    return value === undefined ? [] : [{ name, value, from: `--${name}` }]
  })
  const group = groupOf(settings, SERVICE_NAMES)
  const told = SERVICE_NAMES.flatMap((name) => {
    const setting = group[name]
    return setting === undefined ? [] : [{ name, ...setting }]
  })
  const origins = given.length > 0 ? given : told
  return { services: Object.fromEntries(origins.map(({ name, value }) => [SERVICES[name], value])), origins }
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
