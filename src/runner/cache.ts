import { copyFile, mkdir, rename, rm, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describeError, printable, sha256Hex, utf8, type Clock } from '../base/index.ts'
import { saySelection } from './artifacts.ts'
import { packZip } from './archive/pack.ts'
import { selectFiles } from './archive/select-files.ts'
import { unpackZip } from './archive/unpack.ts'
import { trimCaches } from './cache-size.ts'
import type { JobEnvironment } from './executor.ts'
import type { JobFolders } from './job/folders.ts'
import type { Job, JobCache, JobResult } from './job/job.ts'
import type { RunnerSettings } from './job/settings.ts'
import { expand, type Variables } from './job/variables.ts'
import type { JobLog } from './log/job-log.ts'
import { readTracked } from './sources/tracked.ts'

export const DEFAULT_CACHE_LIMIT_BYTES = 10 * 1024 ** 3
const POLICIES: readonly string[] = ['pull-push', 'pull', 'push', '']
/** The server's mark on the keys of protected refs; a variable that anybody may set must not name them. */
const PROTECTED = /-protected[. ]*$/

export interface CacheOptions {
  readonly job: Job
  readonly folders: JobFolders
  readonly variables: Variables
  readonly settings: Pick<RunnerSettings, 'attempts'>
  /** Of this runner, kept between jobs. */
  readonly cacheFolder: string
  readonly cacheLimitBytes: number
  readonly clock: Clock
  readonly log: JobLog
  readonly signal: AbortSignal
}

/** Best effort: what goes wrong is said in the job log and never fails the job. */
export async function restoreCaches(
  options: CacheOptions,
  environment: Pick<JobEnvironment, 'beginCache'>,
): Promise<void> {
  for (const cache of options.job.cache.filter(hasFiles)) {
    await bestEffort(options, async () => {
      if (!follows(cache, 'pull', options)) return
      if (!(await restore(cache, options)))
        await environment.beginCache(pathsOf(cache, options), options.variables)
    })
  }
}

export async function saveCaches(options: CacheOptions, result: JobResult): Promise<void> {
  for (const cache of options.job.cache.filter(hasFiles)) {
    if (cache.when !== 'always' && cache.when !== result) continue
    await bestEffort(options, async () => {
      if (follows(cache, 'push', options)) await save(cache, options)
    })
  }
}

function hasFiles({ paths, untracked }: JobCache): boolean {
  return paths.length > 0 || untracked
}

async function bestEffort({ log, signal }: CacheOptions, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    signal.throwIfAborted()
    log.warning(`cache: ${describeError(error)}`)
  }
}

function follows(cache: JobCache, wanted: 'pull' | 'push', options: CacheOptions): boolean {
  const policy = expand(cache.policy, options.variables)
  const key = shown(expand(cache.key, options.variables))
  if (!POLICIES.includes(policy)) {
    options.log.warning(`cache ${key}: unknown policy '${shown(policy)}'`)
    return false
  }
  const isWanted = policy === '' || policy.split('-').includes(wanted)
  if (!isWanted)
    options.log.notice(`Not ${wanted === 'pull' ? 'downloading' : 'uploading'} cache ${key} due to policy`)
  return isWanted
}

function shown(text: string): string {
  return printable(text, { maxLength: 200 })
}

async function restore(cache: JobCache, options: CacheOptions): Promise<boolean> {
  for (const key of keysOf(cache, options)) {
    options.log.notice(`Checking cache for ${shown(key)}...`)
    if (await restoreWithAttempts(key, options)) {
      options.log.line('Successfully extracted cache')
      return true
    }
  }
  options.log.line('No cache found')
  return false
}

/** Of the cache itself, then the fallbacks. */
function keysOf({ key, fallback_keys }: JobCache, { variables, log }: CacheOptions): readonly string[] {
  const own = [key, ...fallback_keys].map((one) => expand(one, variables))
  const fallback = variables.get('CACHE_FALLBACK_KEY') ?? ''
  const isAllowed = !PROTECTED.test(fallback)
  if (!isAllowed) log.warning(`CACHE_FALLBACK_KEY '${shown(fallback)}' may not end in '-protected'`)
  return [...own, ...(isAllowed ? [fallback] : [])].filter((one) => one !== '')
}

/** A cache that is damaged is passed over, as one that is not there. */
async function restoreWithAttempts(key: string, options: CacheOptions): Promise<boolean> {
  for (let number = 1; number <= options.settings.attempts.cache; number++) {
    try {
      return await restoreKey(key, options)
    } catch (error) {
      options.signal.throwIfAborted()
      options.log.warning(`Failed to extract cache: ${describeError(error)}`)
    }
  }
  return false
}

/** Unpacked from a copy: another job may put a newer archive in its place meanwhile. */
async function restoreKey(key: string, options: CacheOptions): Promise<boolean> {
  const { folders, clock } = options
  const copy = join(folders.host.root, 'cache-restored.zip')
  const archive = archiveOf(key, options)
  try {
    await copyFile(archive, copy)
  } catch {
    return false
  }
  try {
    await unpackZip(copy, folders.host.project)
  } finally {
    await rm(copy, { force: true })
  }
  // It was used: others go before it where there is no room.
  const now = clock.nowMs() / 1_000
  await utimes(archive, now, now).catch(() => undefined)
  return true
}

async function save(cache: JobCache, options: CacheOptions): Promise<void> {
  const { folders, log, job, signal, cacheFolder, cacheLimitBytes, clock } = options
  const key = expand(cache.key, options.variables)
  if (key === '') return log.notice('Skipping cache archiving due to empty cache key')
  log.notice(`Creating cache ${shown(key)}...`)
  const selection = await selectFiles({
    root: folders.host.project,
    seenAs: folders.job.project,
    patterns: pathsOf(cache, options),
    tracked: cache.untracked ? await readTracked(folders) : undefined,
  })
  saySelection(log, selection, folders.job.project)
  if (selection.entries.length === 0) return
  const archive = archiveOf(key, options)
  await mkdir(dirname(archive), { recursive: true, mode: 0o700 })
  const temporary = `${archive}.job-${job.id}`
  await rm(temporary, { force: true })
  const size = await packZip(folders.host.project, selection.entries, { file: temporary, signal })
  if (size > cacheLimitBytes) {
    await rm(temporary)
    return log.warning(`the cache is not kept: its ${size} bytes are more than ${cacheLimitBytes}`)
  }
  await rename(temporary, archive)
  log.line('Created cache')
  await trimCaches(cacheFolder, { limitBytes: cacheLimitBytes, nowMs: clock.nowMs() })
}

function pathsOf(cache: JobCache, { variables }: CacheOptions): readonly string[] {
  return cache.paths.map((path) => expand(path, variables))
}

/** A key is any text; its digest is a safe file name. Projects do not share caches. */
function archiveOf(key: string, { job, cacheFolder }: CacheOptions): string {
  return join(cacheFolder, `project-${job.job_info.project_id}`, `${sha256Hex(utf8(key))}.zip`)
}
