/**
 * The client side of a TUF repository, for the one target that verification needs, by the client workflow of the TUF
 * specification 1.0.31 (§5). tuf-js decides what is trusted; here are the way to the network, what is kept, and the words
 * of a failure. One thing is left out, as cosign 2 does it: while the kept timestamp is valid nobody is asked.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  describeError,
  parseIsoTime,
  reworded,
  sha256Hex,
  WheelsealError,
  type Clock,
  type Http,
} from '../base/index.ts'
import { netErrors } from './errors.ts'
import { withRetries } from './retry.ts'
import { cacheOf, keepAll, keepNewerRoot, startWork, timestampExpiry, TRUSTED_ROOT } from './tuf-cache.ts'
import { createTufFetcher, type NotingFetcher } from './tuf-fetcher.ts'
import { repositoryUrl, type TufSource } from './tuf-source.ts'

export interface TufPorts {
  /** For the caches of all repositories; made where it is missing. */
  readonly cacheFolder: string
  readonly http: Http
  readonly clock: Clock
}

const MAX_TARGET_BYTES = 1 << 20
const MAX_ROOT_BYTES = 512_000

/** The trust root of a repository, refreshed where its timestamp has run out. Throws `net.tuf`, `net.…`. */
export async function fetchTrustedRoot(source: TufSource, ports: TufPorts): Promise<Uint8Array> {
  const cache = cacheOf(source, ports.cacheFolder)
  const work = await startWork(cache, source.seed)
  const patient = withRetries(ports.http, ports.clock)
  const fetcher = createTufFetcher(patient, work)
  try {
    // §5.2: the trusted root is the kept one, which may be a later one, else the first.
    await placeRoot(source, work, patient)
    const isFresh = source.isForced !== true && (await hasFreshTimestamp(work, ports.clock))
    const updating = { work, fetcher, url: repositoryUrl(source) }
    const bytes = isFresh ? await updateFromKept(updating) : await update({ ...updating, forceCache: false })
    // §5.3.8, §5.4.5, §5.5.7, §5.6.6, §5.7.3: all of it is persisted, once all of it held.
    await keepAll(work, cache)
    return bytes
  } catch (cause) {
    await keepNewerRoot(work, cache).catch(() => undefined)
    if (fetcher.failure !== undefined)
      throw source.isForced === true ? fetcher.failure : await namingKept(fetcher.failure, cache)
    if (cause instanceof WheelsealError) throw cause
    throw netErrors('net.tuf', `${source.url}: ${describeError(cause)}`, { cause })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function placeRoot(source: TufSource, work: string, http: Http): Promise<void> {
  const path = join(work, 'root.json')
  const kept = await readFile(path, 'utf8').catch(() => '')
  if (!isWhole(kept)) await writeFile(path, source.firstRoot ?? (await fetchFirstRoot(source, http)))
}

function isWhole(json: string): boolean {
  try {
    JSON.parse(json)
    return true
  } catch {
    return false
  }
}

/** Found by its digest, as the first version or as the one that the repository calls its root. */
async function fetchFirstRoot(source: TufSource, http: Http): Promise<Uint8Array> {
  const { url, firstRootSha256 } = source
  const found: string[] = []
  for (const name of ['1.root.json', 'root.json']) {
    const response = await http.request({ method: 'GET', url: `${repositoryUrl(source)}/${name}` })
    const bytes = await response.bytes(MAX_ROOT_BYTES)
    if (response.status !== 200) continue
    if (sha256Hex(bytes) === firstRootSha256) return bytes
    found.push(sha256Hex(bytes))
  }
  const what = found.length === 0 ? 'there is no root.json' : `the first root is sha256:${found[0]}`
  throw netErrors('net.tuf', `${url} has no root with the digest sha256:${firstRootSha256}: ${what}`)
}

/**
 * Decided here, since with `forceCache` and a timestamp that has run out tuf-js asks for a new one (§5.4) without looking
 * for a new root first (§5.3), and would not notice for long that a key was withdrawn.
 */
async function hasFreshTimestamp(work: string, clock: Clock): Promise<boolean> {
  const expires = await timestampExpiry(work)
  return expires !== undefined && parseIsoTime(expires) * 1000 > clock.nowMs()
}

interface Updating {
  readonly work: string
  readonly fetcher: NotingFetcher
  readonly url: string
  readonly forceCache: boolean
}

/**
 * A kept root that is newer than the rest may have withdrawn the keys of what the kept timestamp names; then the
 * repository is asked whether it has more.
 */
async function updateFromKept(updating: Omit<Updating, 'forceCache'>): Promise<Uint8Array> {
  try {
    return await update({ ...updating, forceCache: true })
  } catch (cause) {
    if (updating.fetcher.failure !== undefined) throw cause
    return update({ ...updating, forceCache: false })
  }
}

async function update({ work, fetcher, url, forceCache }: Updating): Promise<Uint8Array> {
  // Loaded here, not with the room: a trust root in a file needs none of it.
  const {
    default: { Updater },
  } = await import('tuf-js')
  // §5.1, §5.2: the time of the update is fixed, the trusted root is loaded.
  const updater = new Updater({
    metadataDir: work,
    metadataBaseUrl: url,
    targetBaseUrl: `${url}/targets`,
    forceCache,
    fetcher,
  })
  // §5.3 to §5.6: root, timestamp, snapshot, targets; of a fresh timestamp §5.5 and §5.6 alone.
  const target = await updater.getTargetInfo(TRUSTED_ROOT)
  // §5.7.2: the repository has no such target.
  if (target === undefined) throw new Error(`the repository has no target ${TRUSTED_ROOT}`)
  if (target.length > MAX_TARGET_BYTES)
    throw new Error(`${TRUSTED_ROOT} has ${target.length} bytes, which are too many`)
  // §5.7.1, §5.7.3: the kept target where it is the one that was signed, else that of the repository.
  const path = join(work, TRUSTED_ROOT)
  if ((await updater.findCachedTarget(target, path)) === undefined) await updater.downloadTarget(target, path)
  return new Uint8Array(await readFile(path))
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

/** Public Sigstore's repository. Loaded on demand: private networks never need it. */
export async function loadPublicSigstore(): Promise<TufSource> {
  const { publicSigstore } = await import('./tuf-public.ts')
  return publicSigstore()
}
