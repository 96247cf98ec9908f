import {
  loginFor,
  placeOf,
  type FetchPlan,
  type LoginFlags,
  type LoginSources,
  type Place,
} from '../client/fetch/index.ts'
import { groupOf, type Settings } from '../client/settings/index.ts'
import { parseRequirement, type Requirement } from '../packaging/index.ts'
import { isOpen } from './open-url.ts'
import { planOf } from './verify-flags.ts'
import { wrong, type VerifyFlags } from './verify-usage.ts'

/** The flags that `fetch` and `install` share, as commander gives them. */
export interface FetchFlags extends VerifyFlags, LoginFlags {
  readonly indexUrl?: string
  readonly api?: string
  readonly out?: string
}

export interface Surroundings extends LoginSources {
  readonly settings: Settings
}

export interface FetchUsage {
  readonly plan: FetchPlan
  /** What no flag has said. */
  readonly origins: FetchPlan['verify']['origins']
}

/** What is meant. Throws `packaging.requirement`, `packaging.index`, `client.verify-…`: all are wrong usage. */
export async function fetchPlanOf(
  requirements: readonly string[],
  flags: FetchFlags & { readonly out: string },
  surroundings: Surroundings,
): Promise<FetchUsage> {
  const asked = eachOnce(requirements.map(parseRequirement))
  const { place, flags: expected } = inJob(flags, surroundings)
  const login = await loginFor(place.indexUrl, flags, surroundings)
  const verify = await planOf([], expected, surroundings.settings)
  if (verify.seal.kind !== 'beside') throw wrong('the seals of a release are those that its registry has')
  const plan = {
    requirements: asked,
    place,
    out: flags.out,
    verify,
    ...(login === undefined ? {} : { login }),
  }
  return { plan, origins: [...verify.origins, ...loginOrigins(login, place)] }
}

/** `demo==1.0` and `Demo==1.0.0` are one. */
function eachOnce(requirements: readonly Requirement[]): readonly Requirement[] {
  const byKey = new Map(requirements.map((one) => [`${one.name} ${one.version.key}`, one]))
  return [...byKey.values()]
}

interface Located {
  readonly place: Place
  readonly flags: VerifyFlags
}

/** Without an index the GitLab and the project of the job that runs. */
function inJob(flags: FetchFlags, { env, settings }: Surroundings): Located {
  const { CI_API_V4_URL: api, CI_PROJECT_PATH: project } = env
  const isNamed = flags.indexUrl !== undefined || flags.api !== undefined
  if (isNamed || !api || !project) return located(flags, settings)
  return located({ ...flags, api, project: flags.project ?? project }, settings)
}

/**
 * With `--api` the project is the one whose registry is asked. It is also the one whose pipeline must have signed, on
 * that GitLab, where nothing else says who must have.
 */
function located(flags: FetchFlags, settings: Settings): Located {
  const { indexUrl, api, out: _out, tokenFile: _token, user: _user, ...verifyFlags } = flags
  const { project, ...rest } = verifyFlags
  const place = placeOf({
    ...(indexUrl === undefined ? {} : { indexUrl }),
    ...(api === undefined ? {} : { api, ...(project === undefined ? {} : { project }) }),
  })
  if (api === undefined) return { place, flags: verifyFlags }
  if (isExpected(rest, settings) || project?.includes('/') !== true) return { place, flags: rest }
  return { place, flags: { certificateOidcIssuer: issuerOf(api), ...rest, project } }
}

/** By a flag, or by a configured policy where no flag says anything of it. */
function isExpected(flags: VerifyFlags, settings: Settings): boolean {
  const { policy, key, certificateIdentity, certificateIdentityRegexp, certificateOidcIssuer, ref } = flags
  const isFlagged = [policy, key, certificateIdentity, certificateIdentityRegexp].some(
    (flag) => flag !== undefined,
  )
  if (isFlagged || certificateOidcIssuer !== undefined || ref !== undefined) return isFlagged
  return groupOf(settings, ['policy']).policy !== undefined
}

/** A GitLab is the issuer of its own pipelines' tokens; its API is below its URL. */
function issuerOf(api: string): string {
  return api.replace(/\/+$/, '').replace(/\/api\/v4$/, '')
}

function loginOrigins(login: FetchPlan['login'], { indexUrl }: Place): FetchPlan['verify']['origins'] {
  if (login === undefined) return []
  const value = isOpen(indexUrl) ? 'given, and sent without TLS' : 'given'
  return [{ name: 'token', value, from: login.from }]
}
