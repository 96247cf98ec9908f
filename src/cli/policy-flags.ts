import { realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { loginFor, placeOf, type LoginFlags, type LoginSources } from '../client/fetch/index.ts'
import type { PolicyPlan, TrustedRelease } from '../client/policy/index.ts'
import { groupOf, type Setting, type Settings } from '../client/settings/index.ts'
import type { Origin } from '../client/verify/index.ts'
import { parseRequirement } from '../packaging/index.ts'
import { targetsOf, trustChoice } from './verify-flags.ts'
import { wrong } from './verify-usage.ts'

/** The flags of `wheelseal policy init` as commander gives them. */
export interface PolicyFlags extends LoginFlags {
  readonly output?: string
  readonly anyTag?: boolean
  readonly indexUrl?: string
  readonly api?: string
  readonly project?: string
  readonly trustedRoot?: string
  readonly tufUrl?: string
  readonly tufRoot?: string
  readonly offline?: boolean
}

export interface Surroundings extends LoginSources {
  readonly settings: Settings
}

const DEFAULT_OUTPUT = 'policy.toml'
/** A file of such a name is `./a==b`. */
const RELEASE = /^[^/\\]+==/

/** What is meant. Throws `client.verify-flags`, `packaging.requirement`, `packaging.index`: all are wrong usage. */
export async function policyPlanOf(
  names: readonly string[],
  flags: PolicyFlags,
  surroundings: Surroundings,
): Promise<{ readonly plan: PolicyPlan; readonly origins: readonly Origin[] }> {
  const { targets } = targetsOf(names.filter((name) => !RELEASE.test(name)))
  if (targets.some(({ kind }) => kind === 'digest'))
    throw wrong('a digest has no package name', 'name the file in place of its digest')
  const releases = names.filter((name) => RELEASE.test(name))
  const { trust, origins } = trustChoice(flags, surroundings.settings)
  const configured =
    flags.output === undefined ? groupOf(surroundings.settings, ['policy']).policy : undefined
  await checkOutput(configured)
  const plan: PolicyPlan = {
    targets,
    trust,
    network: flags.offline === true ? 'none' : 'allowed',
    release: releases.length === 0 ? undefined : await releaseOf(releases, flags, surroundings),
    tags: flags.anyTag === true ? 'any tag' : 'this tag',
    output: flags.output ?? configured?.value ?? DEFAULT_OUTPUT,
  }
  return {
    plan,
    origins: configured === undefined ? origins : [...origins, { name: 'policy', ...configured }],
  }
}

/** Settings may come with the project of a stranger: what they name elsewhere is read, and never written. */
async function checkOutput(policy: Setting | undefined): Promise<void> {
  if (policy === undefined || !isAbsolute(policy.from)) return
  const { value, from } = policy
  const [folder, place] = [await realpath(dirname(from)), await placeFor(value)]
  const way = relative(folder, place)
  if (way !== '..' && !way.startsWith('../')) return
  throw wrong(
    `${from} names the policy ${place}, which is outside of its folder`,
    'name the file to write with --output',
  )
}

/** Links resolved, of a file that may not be there. */
async function placeFor(path: string): Promise<string> {
  const parent = (): Promise<string> => realpath(dirname(path)).catch(() => dirname(path))
  return realpath(path).catch(async () => join(await parent(), basename(path)))
}

async function releaseOf(
  releases: readonly string[],
  flags: PolicyFlags,
  sources: LoginSources,
): Promise<TrustedRelease> {
  const { indexUrl, api, project } = flags
  if (flags.offline === true)
    throw wrong('an index is only reached over the network', 'leave --offline out, or name files')
  const requirements = releases.map(parseRequirement)
  const place = placeOf({
    ...(indexUrl === undefined ? {} : { indexUrl }),
    ...(api === undefined ? {} : { api }),
    ...(project === undefined ? {} : { project }),
  })
  const login = await loginFor(place.indexUrl, flags, sources)
  return { requirements, place, ...(login === undefined ? {} : { login }) }
}
