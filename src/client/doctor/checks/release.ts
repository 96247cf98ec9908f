import { encodeBase64, printable, Secret, utf8, WheelsealError } from '../../../base/index.ts'
import { parseFileName } from '../../../formats/python/index.ts'
import type { IndexedFile, SimplePage } from '../../../formats/python/simple-index/index.ts'
import { fetchSimplePage } from '../../../net/index.ts'
import { genericPlaces, parseRequirement, type Requirement } from '../../../packaging/index.ts'
import { failed, ok, skipped, type Check, type Finding } from '../check.ts'
import type { Facts } from '../facts.ts'
import { loginOf } from '../login.ts'
import { shownValue } from '../shown.ts'
import type { DoctorIo } from '../io.ts'

/** Where a 404 comes from: the package, the version, the files, and the places of their signatures are looked for in turn. */
export const releaseCheck: Check = {
  name: 'release',
  effectOf: ['services', 'package', 'registry', 'proxies'],
  look: async (facts) => {
    const { registry, release } = facts.io
    if (release === undefined)
      return [
        skipped('no release is named', 'wheelseal doctor NAME==VERSION looks for one, and explains a 404'),
      ]
    const requirement = parseRequirement(release)
    if (registry?.project === undefined)
      return [
        failed({
          fact: `no registry is named in which ${printable(release)} could be looked for`,
          next: 'add --api URL --project GROUP/NAME',
        }),
      ]
    const base = `${registry.api.value.replace(/\/+$/, '')}/projects/${encodeURIComponent(registry.project.value)}/packages`
    return lookFor({ requirement, base, projectName: projectNameOf(registry.project.value, facts.io) }, facts)
  },
}

interface Wanted {
  readonly requirement: Requirement
  /** `…/projects/ID/packages` */
  readonly base: string
  readonly projectName: string | undefined
}

async function lookFor(wanted: Wanted, facts: Facts): Promise<readonly Finding[]> {
  const { requirement, base } = wanted
  const authorization = basicOf(facts.io)
  const answer = await fetchSimplePage(facts.io.http, {
    indexUrl: `${base}/pypi/simple`,
    name: requirement.name,
    ...(authorization === undefined ? {} : { authorization }),
  })
  if (answer.kind === 'forwarded') return [forwarded(requirement, answer.origin)]
  if (answer.kind === 'absent') return [noPackage(requirement)]
  const files = filesOf(requirement, answer.page)
  if (files.length === 0) return [noVersion(requirement, answer.page)]
  return sealsOf(files, wanted, facts)
}

function forwarded({ name }: Requirement, origin: string): Finding {
  return failed({
    fact: `404: this registry has no package ${name}, and sends installers to ${shownValue(origin)}`,
    reason: 'what is installed from there is the work of others with the same name',
    next: 'compare name and project; then publish: wheelseal publish dist/*',
  })
}

function noPackage({ name, spelledName }: Requirement): Finding {
  return failed({
    fact: `404: the registry has no package ${name}`,
    reason:
      name === spelledName
        ? 'it was not published in this project, or is quarantined'
        : `an index has the name in this form for ${spelledName}: hyphens and lower case`,
    next: 'compare the name with pyproject.toml and the project with its address; then publish: wheelseal publish dist/*',
  })
}

const MAX_SHOWN = 10

function noVersion({ name, version }: Requirement, { files }: SimplePage): Finding {
  const known = new Map(
    files.flatMap((file) => versionOf(file) ?? []).map(({ key, normal }) => [key, normal]),
  )
  const shown = [...known.values()].slice(-MAX_SHOWN).join(', ')
  return failed({
    fact: `404: the package ${name} has no version ${version.normal} in the registry`,
    reason: shown === '' ? 'it has no files' : `it has ${shown}`,
    next: 'ask for one of these versions, or publish this one: wheelseal publish dist/*',
  })
}

function versionOf({
  fileName,
}: IndexedFile): readonly [{ readonly key: string; readonly normal: string }] | undefined {
  try {
    return [parseFileName(fileName).version]
  } catch (error) {
    if (error instanceof WheelsealError) return undefined
    throw error
  }
}

function filesOf({ version }: Requirement, { files }: SimplePage): readonly string[] {
  return files
    .filter((file) => versionOf(file)?.[0].key === version.key)
    .map(({ fileName }) => fileName)
    .slice(0, MAX_SHOWN)
}

async function sealsOf(files: readonly string[], wanted: Wanted, facts: Facts): Promise<readonly Finding[]> {
  const places = placesOf(files, wanted)
  const found = await Promise.all(files.map((file) => placeOf(file, places, { wanted, facts })))
  const without = files.filter((_, index) => found[index] === undefined)
  const { name, version } = wanted.requirement
  if (without.length > 0)
    return [
      failed({
        fact: `404: ${without.join(', ')} is published without a signature`,
        reason: `no X.sigstore.json and no X.sig in the generic registry at ${places.join(', ')}`,
        next: 'publish the signatures: wheelseal publish --seals-only dist/*; their names are the file name and the ending, character by character',
      }),
    ]
  return [
    ok(
      `${name} ${version.normal} is published with signatures`,
      files.map((file, index) => `${file}: packages/generic/${found[index]}`),
    ),
  ]
}

/** The version as it was asked for may differ from that of the files: 1.0 and 1.0.0 are the same one. */
function placesOf(files: readonly string[], { requirement, projectName }: Wanted): readonly string[] {
  const versions = new Set(files.map((file) => parseFileName(file).version.normal))
  const others = [...versions].map((version) => parseRequirement(`${requirement.spelledName}==${version}`))
  return [...new Set([requirement, ...others].flatMap((one) => genericPlaces(one, projectName)))]
}

const ENDINGS = ['.sigstore.json', '.sig']

async function placeOf(
  file: string,
  places: readonly string[],
  { wanted, facts }: { readonly wanted: Wanted; readonly facts: Facts },
): Promise<string | undefined> {
  const { headers } = loginOf(facts.io)
  for (const place of places)
    for (const ending of ENDINGS) {
      const path = `${place}/${encodeURIComponent(file + ending)}`
      const response = await facts.io.http.request({
        method: 'HEAD',
        url: `${wanted.base}/generic/${path}`,
        headers,
      })
      await response.bytes(0).catch(() => undefined)
      if (response.status < 400) return `${place}/${file}${ending}`
    }
  return undefined
}

/** The last part of its path; where there is only a number, as the job says it. */
function projectNameOf(project: string, { env }: DoctorIo): string | undefined {
  return /^\d+$/.test(project) ? env['CI_PROJECT_NAME'] || undefined : project.split('/').at(-1)
}

/** Simple indexes know no other way to log in. */
function basicOf(io: DoctorIo): Secret | undefined {
  const { from, headers } = loginOf(io)
  const token = headers['private-token'] ?? headers['job-token']
  if (token === undefined) return undefined
  const user = from === 'CI_JOB_TOKEN' ? 'gitlab-ci-token' : '__token__'
  return new Secret(`Basic ${encodeBase64(utf8(`${user}:${token}`))}`)
}
