import { copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describeError, sha256Hex, utf8 } from '../base/index.ts'
import { packZip } from './archive/pack.ts'
import { selectFiles } from './archive/select-files.ts'
import { unpackZip } from './archive/unpack.ts'
import type { JobEnvironment } from './executor.ts'
import type { JobFolders } from './job/folders.ts'
import type { Job, JobCache, JobResult } from './job/job.ts'
import { expand, type Variables } from './job/variables.ts'
import type { JobLog } from './log/job-log.ts'

export interface CacheOptions {
  readonly job: Job
  readonly folders: JobFolders
  readonly variables: Variables
  /** Of this runner, kept between jobs. */
  readonly cacheFolder: string
  readonly log: JobLog
}

/** Best effort: what goes wrong is said in the job log and never fails the job. */
export async function restoreCaches(
  options: CacheOptions,
  environment: Pick<JobEnvironment, 'beginCache'>,
): Promise<void> {
  for (const cache of options.job.cache) {
    if (!policy(cache, options).includes('pull')) continue
    await bestEffort(options.log, async () => {
      if (!(await restore(cache, options)))
        await environment.beginCache(pathsOf(cache, options), options.variables)
    })
  }
}

export async function saveCaches(options: CacheOptions, result: JobResult): Promise<void> {
  for (const cache of options.job.cache) {
    const isWanted = cache.when === 'always' || cache.when === result
    if (!isWanted || !policy(cache, options).includes('push')) continue
    await bestEffort(options.log, () => save(cache, options))
  }
}

async function bestEffort(log: JobLog, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    log.warning(`cache: ${describeError(error)}`)
  }
}

function policy(cache: JobCache, { variables }: CacheOptions): readonly string[] {
  return expand(cache.policy, variables).split('-')
}

async function restore(cache: JobCache, options: CacheOptions): Promise<boolean> {
  const fallback = options.variables.get('CACHE_FALLBACK_KEY')
  const keys = [cache.key, ...cache.fallback_keys, ...(fallback === undefined ? [] : [fallback])]
  for (const key of keys.map((one) => expand(one, options.variables))) {
    options.log.notice(`Checking cache for ${key}...`)
    if (await restoreKey(key, options)) return true
  }
  options.log.line('No cache found')
  return false
}

/** Unpacked from a copy: another job may put a newer archive in its place meanwhile. */
async function restoreKey(key: string, options: CacheOptions): Promise<boolean> {
  const copy = join(options.folders.host.root, 'cache-restored.zip')
  try {
    await copyFile(archiveOf(key, options), copy)
  } catch {
    return false
  }
  await unpackZip(copy, options.folders.host.project)
  await rm(copy)
  options.log.line('Successfully extracted cache')
  return true
}

async function save(cache: JobCache, options: CacheOptions): Promise<void> {
  const key = expand(cache.key, options.variables)
  options.log.notice(`Creating cache ${key}...`)
  const selection = await selectFiles({
    root: options.folders.host.project,
    seenAs: options.folders.job.project,
    patterns: pathsOf(cache, options),
  })
  for (const { pattern, count } of selection.counts)
    options.log.line(`${pattern}: found ${count} matching files`)
  for (const warning of selection.warnings) options.log.warning(warning)
  if (selection.entries.length === 0) return
  const archive = archiveOf(key, options)
  await mkdir(join(archive, '..'), { recursive: true, mode: 0o700 })
  const temporary = `${archive}.job-${options.job.id}`
  await packZip(options.folders.host.project, selection.entries, temporary)
  await rename(temporary, archive)
  options.log.line('Created cache')
}

function pathsOf(cache: JobCache, { variables }: CacheOptions): readonly string[] {
  return cache.paths.map((path) => expand(path, variables))
}

/** A key is any text; its digest is a safe file name. Projects do not share caches. */
function archiveOf(key: string, { job, cacheFolder }: CacheOptions): string {
  return join(cacheFolder, `project-${job.job_info.project_id}`, `${sha256Hex(utf8(key))}.zip`)
}
