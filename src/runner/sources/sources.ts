import type { Spawn } from '../../base/index.ts'
import type { HostEnvironment } from '../job/host-environment.ts'
import type { JobFolders } from '../job/folders.ts'
import type { Job } from '../job/job.ts'
import type { GitSettings } from '../job/settings.ts'
import type { JobLog } from '../log/job-log.ts'
import { runnerErrors } from '../errors.ts'
import { createGit, handOverOrigin, type Git } from './git.ts'
import { parseRemote, type Remote } from './remote.ts'
import { updateSubmodules } from './submodules.ts'
import { writeTracked } from './tracked.ts'

const REFSPEC =
  /^\+?[0-9a-f]{40}(?:[0-9a-f]{24})?(?::refs\/[^\s~^:?*[\\]+)?$|^\+?refs\/[^\s~^:?[\\]+:refs\/[^\s~^:?[\\]+$/
const REF_NAME = /^\w[\w.-]*(?:\/\w[\w.-]*)*$/
const FETCH_FLAGS: readonly string[] = [
  '--tags',
  '--no-tags',
  '--prune',
  '--prune-tags',
  '--quiet',
  '--verbose',
  '--progress',
  '--no-progress',
  '--force',
]
const CLEAN_FLAG = /^-[fdxXq]{1,8}$|^-e$|^--exclude=[^\0]{1,200}$/
const ALL_REFS: readonly string[] = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*']

export interface SourcesOptions {
  readonly job: Job
  readonly folders: JobFolders
  readonly settings: GitSettings
  readonly spawn: Spawn
  readonly host: HostEnvironment
  readonly log: JobLog
  readonly signal: AbortSignal
}

/**
 * Fetches the job's commit and checks it out detached, as the stock runner does: git brings the tags of the commits
 * that it fetches, from which setuptools_scm and its like make versions. The folder is fresh, so `fetch` and `clone`
 * are one. Git runs with the runner's own HOME, none of the job's variables, and only over file and HTTP.
 */
export async function getSources(options: SourcesOptions): Promise<void> {
  const { job, folders, settings, log } = options
  if (settings.strategy === 'none' || settings.strategy === 'empty') {
    log.line('Skipping Git repository setup')
    return
  }
  const remote = parseRemote(job.git_info.repo_url)
  const { forcesHttps } = settings.submodules
  const git = await createGit({ ...options, folders: folders.host, remote, forcesHttps })
  try {
    await fetch(options, git, remote)
    if (settings.checksOut) await checkOut(options, git)
    else log.line('Skipping Git checkout')
  } finally {
    await git.close()
  }
  const address = {
    address: URL.parse(job.git_info.repo_url)?.href ?? '',
    hasTokenInUrl: settings.hasTokenInUrl,
  }
  await handOverOrigin({ folders: folders.host, remote }, address)
}

async function fetch(options: SourcesOptions, git: Git, remote: Remote): Promise<void> {
  const { job, log } = options
  const { depth, sha } = job.git_info
  const format = sha.length === 64 ? ['--object-format=sha256'] : []
  await git.run(['init', '--quiet', '--template=', ...format, '.'])
  await git.run(['config', '--replace-all', 'remote.origin.url', remote.url])
  await git.run(['config', '--replace-all', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*'])
  log.notice(depth > 0 ? `Fetching changes with git depth set to ${depth}...` : 'Fetching changes...')
  const refs = refspecs(job, remote)
  const flags = known(options, 'GIT_FETCH_EXTRA_FLAGS', options.settings.fetchFlags)
  const depthFlag = depth > 0 ? [`--depth=${depth}`] : []
  await git.run(['fetch', '--no-recurse-submodules', ...flags, ...depthFlag, '--', 'origin', ...refs])
}

async function checkOut(options: SourcesOptions, git: Git): Promise<void> {
  const { job, log, settings } = options
  const { sha, ref } = job.git_info
  log.notice(`Checking out ${sha.slice(0, 8)} as detached HEAD (ref is ${ref})...`)
  await git.run(['checkout', '--quiet', '--force', '--detach', sha])
  // The folder was empty, but for what a hook has left.
  const flags = known(options, 'GIT_CLEAN_FLAGS', settings.cleanFlags ?? [])
  if (job.hooks.length > 0 && flags.length > 0) await git.run(['clean', ...flags])
  await updateSubmodules({ ...options, git })
  await writeTracked(options.folders, git)
  if (settings.skipsLfs) return
  const large = await git.read(['ls-files', '-z', '--', ':(attr:filter=lfs)'])
  if (large.length > 0) log.warning('files of Git LFS are not fetched: the checkout has their pointers')
}

/** Others could name programs, and are said. */
function known({ log }: SourcesOptions, name: string, flags: readonly string[]): readonly string[] {
  const isKnown = (flag: string, at: number): boolean =>
    name === 'GIT_CLEAN_FLAGS' ? CLEAN_FLAG.test(flag) || flags[at - 1] === '-e' : FETCH_FLAGS.includes(flag)
  const others = flags.filter((flag, at) => !isKnown(flag, at))
  if (others.length > 0) log.warning(`${name}: ${others.length} flags are not supported and are left out`)
  return flags.filter((flag, at) => isKnown(flag, at))
}

/**
 * A local repository has no `refs/pipelines/…`; there the commit itself is asked for, under the name of its ref, and
 * beside it, where no depth is set, what GitLab names: all branches and tags.
 */
function refspecs({ git_info }: Job, { isLocal }: Remote): readonly string[] {
  if (isLocal || git_info.refspecs.length === 0)
    return git_info.depth > 0 ? namedCommit(git_info) : [git_info.sha, ...ALL_REFS]
  const wrong = git_info.refspecs.find((refspec) => !REFSPEC.test(refspec))
  if (wrong !== undefined) throw runnerErrors('runner.sources', `'${wrong.slice(0, 80)}' is not a refspec`)
  return git_info.refspecs
}

/** A tag comes as itself: under its name there can be nothing else, and git brings it along too. */
function namedCommit({ sha, ref, ref_type }: Job['git_info']): readonly string[] {
  if (!REF_NAME.test(ref) || ref.includes('..') || ref.endsWith('.lock') || ref.endsWith('/')) return [sha]
  return ref_type === 'tag'
    ? [sha, `+refs/tags/${ref}:refs/tags/${ref}`]
    : [`+${sha}:refs/remotes/origin/${ref}`]
}
