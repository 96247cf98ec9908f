/**
 * The client side of a TUF repository, for the one target that verification needs. tuf-js decides what is trusted; here
 * are the way to the network, the cache and the words of a failure.
 *
 * The cache is a folder for each pair of address and first root, so that nothing is ever trusted under another root
 * than the one that was asked for. Its files are replaced whole; processes that meet there do not see halves. While the
 * cached timestamp is valid nobody is asked, as cosign 2 does it.
 */
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fetcher } from 'tuf-js'
import {
  describeError,
  parseIsoTime,
  reworded,
  sha256Hex,
  utf8,
  WheelsealError,
  type Clock,
  type Http,
} from '../base/index.ts'
import { netErrors } from './errors.ts'
import { withRetries } from './retry.ts'
import { createTufFetcher } from './tuf-fetcher.ts'

export interface TufSource {
  /** Of the metadata; targets are below it in `targets/`. */
  readonly url: string
  /** Of the `root.json` that is trusted before the first request. */
  readonly firstRootSha256: string
  /** Itself; fetched by its digest where it is not given. */
  readonly firstRoot?: Uint8Array
  /** The target as it was when this program was built. */
  readonly seed?: Uint8Array
  /** Ask also while the kept timestamp is valid. */
  readonly isForced?: true
}

export interface TufPorts {
  /** For the caches of all repositories; made where it is missing. */
  readonly cacheFolder: string
  readonly http: Http
  readonly clock: Clock
}

const TRUSTED_ROOT = 'trusted_root.json'
const METADATA = ['root.json', 'targets.json', 'snapshot.json', 'timestamp.json'] as const
const MAX_TARGET_BYTES = 1 << 20
const MAX_ROOT_BYTES = 512_000

/** The trust root of a repository, refreshed where its timestamp has run out. Throws `net.tuf`, `net.…`. */
export async function fetchTrustedRoot(source: TufSource, ports: TufPorts): Promise<Uint8Array> {
  const cache = cacheOf(source, ports.cacheFolder)
  const work = await startWork(cache, source.seed)
  const patient = withRetries(ports.http, ports.clock)
  const fetcher = createTufFetcher(patient, work)
  try {
    await placeRoot(source, work, patient)
    const isFresh = source.isForced !== true && (await hasFreshTimestamp(work, ports.clock))
    const bytes = await update({ work, fetcher, url: plain(source.url), forceCache: isFresh })
    await keep(work, cache)
    return bytes
  } catch (cause) {
    if (fetcher.failure !== undefined)
      throw source.isForced === true ? fetcher.failure : await namingKept(fetcher.failure, cache)
    if (cause instanceof WheelsealError) throw cause
    throw netErrors('net.tuf', `${source.url}: ${describeError(cause)}`, { cause })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

export interface KeptTrustedRoot {
  readonly bytes: Uint8Array
  /** `YYYY-MM-DDTHH:MM:SSZ`, where what is kept has run out: keys may have been withdrawn since. */
  readonly expiredAt?: string
}

/** What the last refresh has left, else what was shipped; nobody is asked. Throws `net.tuf-offline`. */
export async function cachedTrustedRoot(
  source: TufSource,
  { cacheFolder, clock }: Pick<TufPorts, 'cacheFolder' | 'clock'>,
): Promise<KeptTrustedRoot> {
  const cache = cacheOf(source, cacheFolder)
  const kept = await readFile(join(cache, TRUSTED_ROOT)).catch(() => undefined)
  if (kept === undefined) {
    if (source.seed !== undefined) return { bytes: source.seed }
    const fact = `${cacheFolder} has no trust root of ${source.url} with this first root`
    throw netErrors('net.tuf-offline', fact)
  }
  const expires = await timestampExpiry(cache)
  const hasExpired = expires === undefined || parseIsoTime(expires) * 1000 <= clock.nowMs()
  const expired = hasExpired ? { expiredAt: expires ?? 'an unknown time' } : {}
  return { bytes: new Uint8Array(kept), ...expired }
}

/** Who cannot refresh learns of what is kept and has run out: it is not used unasked. */
async function namingKept(failure: WheelsealError, cache: string): Promise<WheelsealError> {
  const expires = await timestampExpiry(cache)
  if (expires === undefined) return failure
  return reworded(failure, {
    fact: `${failure.message}; the cached copy expired at ${expires}`,
    hint: `${failure.hint}; --offline uses the cached copy without refresh`,
  })
}

/** Public Sigstore's repository. Loaded on demand: private networks never need it. */
export async function loadPublicSigstore(): Promise<TufSource> {
  const { publicSigstore } = await import('./tuf-public.ts')
  return publicSigstore()
}

/** Separate for each address and root: another first root never continues from what this one has trusted. */
function cacheOf({ url, firstRootSha256 }: TufSource, cacheFolder: string): string {
  return join(cacheFolder, 'tuf', sha256Hex(utf8(`${plain(url)}\n${firstRootSha256}`)).slice(0, 32))
}

function plain(url: string): string {
  return url.replace(/\/+$/, '')
}

/** A folder of this process with what is kept; a kept file that is missing or damaged is fetched again by tuf-js. */
async function startWork(cache: string, seed: Uint8Array | undefined): Promise<string> {
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(`${cache}.`)
  if (seed !== undefined) await writeFile(join(work, TRUSTED_ROOT), seed)
  for (const name of [...METADATA, TRUSTED_ROOT])
    await copyFile(join(cache, name), join(work, name)).catch(() => undefined)
  return work
}

/** The kept root, which may be a later one, else the first. */
async function placeRoot(source: TufSource, work: string, http: Http): Promise<void> {
  const path = join(work, 'root.json')
  const kept = await readFile(path, 'utf8').catch(() => '')
  if (!isWhole(kept)) await writeFile(path, source.firstRoot ?? (await fetchFirstRoot(source, http)))
}

/** Found by its digest, as the first version or as the one that the repository calls its root. */
async function fetchFirstRoot({ url, firstRootSha256 }: TufSource, http: Http): Promise<Uint8Array> {
  const found: string[] = []
  for (const name of ['1.root.json', 'root.json']) {
    const response = await http.request({ method: 'GET', url: `${plain(url)}/${name}` })
    const bytes = await response.bytes(MAX_ROOT_BYTES)
    if (response.status !== 200) continue
    if (sha256Hex(bytes) === firstRootSha256) return bytes
    found.push(sha256Hex(bytes))
  }
  const what = found.length === 0 ? 'there is no root.json' : `the first root is sha256:${found[0]}`
  throw netErrors('net.tuf', `${url} has no root with the digest sha256:${firstRootSha256}: ${what}`)
}

function isWhole(json: string): boolean {
  try {
    JSON.parse(json)
    return true
  } catch {
    return false
  }
}

/**
 * Decided here, since with `forceCache` and a timestamp that has run out tuf-js asks for a new one without looking for
 * a new root first, and would not notice for long that a key was withdrawn.
 */
async function hasFreshTimestamp(work: string, clock: Clock): Promise<boolean> {
  const expires = await timestampExpiry(work)
  return expires !== undefined && parseIsoTime(expires) * 1000 > clock.nowMs()
}

/** Undefined where there is no timestamp that can be read. */
async function timestampExpiry(folder: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(folder, 'timestamp.json'), 'utf8')
    const { signed } = JSON.parse(text) as { readonly signed: { readonly expires: string } }
    parseIsoTime(signed.expires)
    return signed.expires
  } catch {
    return undefined
  }
}

interface Updating {
  readonly work: string
  readonly fetcher: Fetcher
  readonly url: string
  readonly forceCache: boolean
}

async function update({ work, fetcher, url, forceCache }: Updating): Promise<Uint8Array> {
  // Loaded here, not with the room: a trust root in a file needs none of it.
  const { Updater } = await import('tuf-js')
  const updater = new Updater({
    metadataDir: work,
    metadataBaseUrl: url,
    targetBaseUrl: `${url}/targets`,
    forceCache,
    fetcher,
  })
  const target = await updater.getTargetInfo(TRUSTED_ROOT)
  if (target === undefined) throw new Error(`the repository has no target ${TRUSTED_ROOT}`)
  if (target.length > MAX_TARGET_BYTES)
    throw new Error(`${TRUSTED_ROOT} has ${target.length} bytes, which are too many`)
  const path = join(work, TRUSTED_ROOT)
  if ((await updater.findCachedTarget(target, path)) === undefined) await updater.downloadTarget(target, path)
  return new Uint8Array(await readFile(path))
}

/** Each file at once or not at all; the root first, since everything else is checked against it. */
async function keep(work: string, cache: string): Promise<void> {
  for (const name of [...METADATA, TRUSTED_ROOT]) await rename(join(work, name), join(cache, name))
}
