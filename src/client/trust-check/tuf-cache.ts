import { join } from 'node:path'
import { missing, right, wrong, type Instance, type Place, type Setting } from './aim.ts'
import { keysIn, readText } from './keys.ts'
import { checkAddress, type Located } from './addresses.ts'

const PUBLIC_MIRROR = 'https://tuf-repo-cdn.sigstore.dev'

/** Where cosign keeps the TUF repository that it was initialized with. */
export function cosignCache({ env, home }: Pick<Place, 'env' | 'home'>): string {
  return env['TUF_ROOT'] || join(home, '.sigstore', 'root')
}

interface Keeping {
  /** What of its targets lies where, and what it is to be equal to. */
  readonly targets: (folder: string, mirror: string) => readonly Target[]
  /** Counts before the mirror that `initialize` was given. */
  readonly variable?: string
}

type Target = readonly [path: string, part: 'rekor' | 'trustedRoot']

/** What `cosign initialize` left, of which cosign 2 and 3 each keep targets in a place of their own. */
export async function checkCosignCache(
  place: Place,
  instance: Instance,
  { targets, variable }: Keeping,
): Promise<Located> {
  const given = variable === undefined ? undefined : checkAddress(variable, place, instance)
  if (given !== undefined && given.elsewhere.length > 0) return given
  const folder = cosignCache(place)
  const name = place.env['TUF_ROOT'] ? 'TUF_ROOT' : '~/.sigstore/root'
  const fix = `cosign initialize --mirror ${instance.url}/tuf --root trust/root.json`
  const mirror = given === undefined ? await mirrorIn(folder, place) : `${instance.url}/tuf`
  if (mirror === undefined) {
    const why = 'no TUF repository is kept here: cosign uses public Sigstore'
    return { setting: missing(name, { why, fix }), elsewhere: [PUBLIC_MIRROR] }
  }
  if (mirror.replace(/\/+$/, '') !== `${instance.url}/tuf`) {
    const why = `cosign was initialized with ${mirror}, not with ${instance.url}/tuf`
    return { setting: wrong(name, folder, { why, fix }), elsewhere: [mirror] }
  }
  const why = await problemOf(targets(folder, mirror), place, instance)
  if (why !== undefined) return { setting: wrong(name, folder, { why, fix }), elsewhere: [] }
  const setting = right(name, folder, 'initialized with the TUF repository of this instance')
  return { setting, elsewhere: [] }
}

async function problemOf(
  targets: readonly Target[],
  place: Place,
  instance: Instance,
): Promise<string | undefined> {
  for (const target of targets) {
    const isKept = await place.files.exists(target[0])
    const problem = isKept ? await staleness(target, place, instance) : OTHER_VERSION
    if (problem !== undefined) return problem
  }
  return undefined
}

/** cosign 3's `initialize` removes what cosign 2 keeps; that of cosign 2 leaves what cosign 3 keeps. */
const OTHER_VERSION =
  'only a different version of cosign was initialized here, and each version keeps files of its own'

/** Of another instance that had this address, or of this one before its keys were changed. */
async function staleness(
  [path, part]: Target,
  { files }: Pick<Place, 'files'>,
  { trust }: Instance,
): Promise<string | undefined> {
  const read = await readText(path, files)
  if ('problem' in read) return undefined
  const found = keysIn(read.text)
  const wanted = [...keysIn(trust[part])]
  if (wanted.every((key) => found.has(key))) return undefined
  return wanted.some((key) => found.has(key))
    ? 'the kept trust root is older than that of this instance'
    : 'the kept trust root is that of another instance at this address'
}

async function mirrorIn(folder: string, { files }: Place): Promise<string | undefined> {
  const read = await readText(join(folder, 'remote.json'), files)
  if ('problem' in read) return undefined
  return /"mirror"\s*:\s*"([^"\\]{1,2048})"/.exec(read.text)?.[1]
}

/** What `sigstore trust-instance` left for the TUF repository of this instance. */
export async function checkPythonCache(place: Place, instance: Instance): Promise<Setting | undefined> {
  const mirror = encodeURIComponent(`${instance.url}/tuf`)
  const folder = (variable: string, fallback: string): string =>
    join(place.env[variable] || join(place.home, fallback), 'sigstore-python', 'tuf', mirror)
  const kept = join(folder('XDG_DATA_HOME', join('.local', 'share')), 'root.json')
  const read = await readText(kept, place.files)
  if ('problem' in read) return undefined
  const name = 'sigstore trust-instance'
  const fix = `sigstore --instance ${instance.url}/tuf trust-instance trust/root.json`
  const path = join(folder('XDG_CACHE_HOME', '.cache'), 'trusted_root.json')
  const problem =
    (await staleness([path, 'trustedRoot'], place, instance)) ?? foreignRoot(read.text, instance)
  if (problem !== undefined) return wrong(name, kept, { why: problem, fix })
  return right(name, kept, 'trusts the TUF repository of this instance')
}

const KEY_ID = /"keyid"\s*:\s*"([0-9a-f]{64})"/g

/** Successive roots of a repository share a key that signs both. */
function foreignRoot(text: string, { trust }: Instance): string | undefined {
  const own = new Set([...trust.tufRoot.matchAll(KEY_ID)].map(([, id]) => id))
  const isOurs = [...text.matchAll(KEY_ID)].some(([, id]) => own.has(id))
  return isOurs ? undefined : 'the kept TUF root is that of another instance at this address'
}
