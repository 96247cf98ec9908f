import { sha256Hex, utf8 } from '../base/index.ts'
import type { PlannedJob } from './plan.ts'
import type { Cache } from './read/cache.ts'
import type { Sources } from './sources/sources.ts'

/** A plan reads no more files for keys; what is beyond is as a file that is not there. */
const MAX_FILES = 100
/** As long as the SHA-1 that GitLab takes. */
const DIGEST_LENGTH = 40

/** `cache:key:files`: the key is known where the repository is, so each file is read as all that a plan reads. */
export async function withCacheKeys(
  jobs: readonly PlannedJob[],
  sources: Pick<Sources, 'read'>,
): Promise<readonly PlannedJob[]> {
  const known = new Map<string, string | null>()
  const made: PlannedJob[] = []
  for (const job of jobs) {
    const cache: Cache[] = []
    for (const one of job.cache) cache.push(await withKey(one, { known, sources }))
    made.push(cache.every((one, index) => one === job.cache[index]) ? job : { ...job, cache })
  }
  return made
}

interface Reading {
  readonly known: Map<string, string | null>
  readonly sources: Pick<Sources, 'read'>
}

async function withKey(cache: Cache, reading: Reading): Promise<Cache> {
  const { key } = cache
  if (typeof key === 'string') return cache
  const digests: string[] = []
  for (const path of key.files) digests.push((await digestOf(path, reading)) ?? '')
  const isAny = digests.some((digest) => digest !== '')
  const digest = isAny ? sha256Hex(utf8(digests.join('-'))).slice(0, DIGEST_LENGTH) : null
  return { ...cache, key: { ...key, digest } }
}

async function digestOf(path: string, { known, sources }: Reading): Promise<string | null> {
  const before = known.get(path)
  if (before !== undefined || known.size >= MAX_FILES) return before ?? null
  const answer = await sources.read({ kind: 'file', repository: null, path: path.replace(/^\/+/, '') })
  const digest = answer.kind === 'text' ? sha256Hex(utf8(answer.text)) : null
  known.set(path, digest)
  return digest
}
