import { createHash } from 'node:crypto'
import type { PlannedJob } from '../ciconfig/index.ts'

type Environment = NonNullable<PlannedJob['environment']>

/** GitLab's guess for an environment that names no tier (`environment.rb`); the first that fits. */
const TIERS: readonly (readonly [string, RegExp])[] = [
  ['development', /dev|review|trunk/i],
  ['testing', /test|tst|int|ac(?:ce)?pt|qa|qc|control|quality/i],
  ['staging', /sta?g|mode?l|pre|demo|non/i],
  ['production', /pro?d|live/i],
]

export function tierOf({ name, deployment_tier: said }: Environment): string {
  return said ?? TIERS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other'
}

const MAX_SLUG_LENGTH = 24

/** GitLab's slug of an environment: a letter first, and what was lost is told apart by the name's hash. */
function environmentSlug(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')
  const lettered = /^[a-z]/.test(plain) ? plain : `env-${plain}`
  const short = lettered.replaceAll(/-+/g, '-').slice(0, MAX_SLUG_LENGTH).replace(/-$/, '')
  if (short === name) return short
  const hash = BigInt(`0x${createHash('sha256').update(name).digest('hex')}`)
  const suffix = hash.toString(36).slice(-6)
  return `${short.slice(0, MAX_SLUG_LENGTH - 7).replace(/-$/, '')}-${suffix}`
}

/** Predefined variables of a job with an environment, but for its address. */
export function environmentValues(environment: Environment | null): Readonly<Record<string, string>> {
  if (environment === null) return {}
  const { name, action } = environment
  return {
    CI_ENVIRONMENT_NAME: name,
    CI_ENVIRONMENT_SLUG: environmentSlug(name),
    CI_ENVIRONMENT_ACTION: action,
    CI_ENVIRONMENT_TIER: tierOf(environment),
  }
}
