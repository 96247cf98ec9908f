import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Spawn } from '../../base/index.ts'
import { toolEnvironment, type Environment, type HostEnvironment } from '../job/host-environment.ts'
import { runnerErrors } from '../errors.ts'
import type { JobFolders } from '../job/folders.ts'
import type { Job } from '../job/job.ts'
import type { JobLog } from '../log/job-log.ts'
import type { Variables } from '../job/variables.ts'
import { parseRemote, type Remote } from './remote.ts'

const REFSPEC =
  /^\+?[0-9a-f]{40}(?:[0-9a-f]{24})?(?::refs\/[^\s~^:?*[\\]+)?$|^\+?refs\/[^\s~^:?[\\]+:refs\/[^\s~^:?[\\]+$/
const REF_NAME = /^\w[\w.-]*(?:\/\w[\w.-]*)*$/
const STRATEGIES: readonly string[] = ['fetch', 'clone', 'none', 'empty', '']
const FETCH_FLAGS: readonly string[] = ['--tags', '--no-tags', '--prune', '--quiet', '--verbose', '--force']
const ALL_REFS: readonly string[] = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*']
const HOME_CONFIG =
  '[safe]\n\tdirectory = *\n[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n'

export interface SourcesOptions {
  readonly job: Job
  readonly folders: JobFolders
  readonly variables: Variables
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
  const strategy = options.variables.get('GIT_STRATEGY') ?? 'fetch'
  if (!STRATEGIES.includes(strategy))
    throw runnerErrors('runner.sources', `GIT_STRATEGY '${strategy.slice(0, 40)}' is unknown`)
  if (strategy === 'none' || strategy === 'empty') {
    options.log.line('Skipping Git repository setup')
    return
  }
  const remote = parseRemote(options.job.git_info.repo_url)
  const git = await createGit(options, remote)
  await git('init', '--quiet', '--template=', '.')
  await git('remote', 'add', '--', 'origin', remote.url)
  options.log.notice('Fetching changes...')
  const refs = refspecs(options.job, remote)
  await git('fetch', '--quiet', ...extraFlags(options), ...depth(options.job), '--', 'origin', ...refs)
  await checkOut(options, git)
}

type Git = (...words: readonly string[]) => Promise<void>

async function checkOut({ job, variables, log }: SourcesOptions, git: Git): Promise<void> {
  if (variables.get('GIT_CHECKOUT') === 'false') {
    log.line('Skipping Git checkout')
    return
  }
  const { sha, ref } = job.git_info
  log.notice(`Checking out ${sha.slice(0, 8)} as detached HEAD (ref is ${ref})...`)
  await git('checkout', '--quiet', '--force', '--detach', sha)
  const submodules = variables.get('GIT_SUBMODULE_STRATEGY') ?? 'none'
  if (submodules !== 'none') log.warning('this executor does not fetch Git submodules')
}

async function createGit(options: SourcesOptions, remote: Remote): Promise<Git> {
  const { folders, spawn, log, signal } = options
  await writeFile(join(folders.host.toolHome, '.gitconfig'), HOME_CONFIG, { mode: 0o600 })
  const env = gitEnvironment(options, remote)
  return async (...words) => {
    const command = {
      argv: ['git', ...words] as const,
      cwd: folders.host.project,
      env,
      signal,
      onOutput: log.output,
    }
    const { exitCode } = await spawn.run(command)
    if (exitCode !== 0)
      throw runnerErrors(
        'runner.sources',
        `git ${words[0]} failed (${exitCode === null ? 'signal' : `exit ${exitCode}`})`,
      )
  }
}

function gitEnvironment(
  { host, folders }: SourcesOptions,
  { url, credentials, isLocal }: Remote,
): Environment {
  const base = {
    ...toolEnvironment(host, folders.host),
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: isLocal ? 'file' : 'http:https',
  }
  if (credentials === undefined) return base
  return {
    ...base,
    GIT_CONFIG_COUNT: '1',
    // For this address only: a redirect to another host does not get it.
    GIT_CONFIG_KEY_0: `http.${url}.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(credentials).toString('base64')}`,
  }
}

/** Those of `GIT_FETCH_EXTRA_FLAGS` that choose refs. Others could name programs, and are said. */
function extraFlags({ variables, log }: SourcesOptions): readonly string[] {
  const words = (variables.get('GIT_FETCH_EXTRA_FLAGS') ?? '').split(/\s+/).filter((word) => word !== '')
  const [known, others] = [words.filter(isFetchFlag), words.filter((word) => !isFetchFlag(word))]
  if (others.length > 0) log.warning(`GIT_FETCH_EXTRA_FLAGS: only ${FETCH_FLAGS.join(', ')} are supported`)
  return known
}

function isFetchFlag(word: string): boolean {
  return FETCH_FLAGS.includes(word)
}

function depth({ git_info }: Job): string[] {
  return git_info.depth > 0 ? [`--depth=${git_info.depth}`] : []
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
