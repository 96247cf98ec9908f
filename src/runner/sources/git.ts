import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Spawn } from '../../base/index.ts'
import { runnerErrors } from '../errors.ts'
import type { HostFolders } from '../job/folders.ts'
import { toolEnvironment, type Environment, type HostEnvironment } from '../job/host-environment.ts'
import type { JobLog } from '../log/job-log.ts'
import type { Remote } from './remote.ts'

const MAX_LISTING_BYTES = 32 << 20

/**
 * No program that a repository or this machine names: hooks, watchers, password helpers, the filter of git-lfs. No
 * housekeeping in the background, which would outlive the job. All folders are the runner's, whoever owns them.
 */
const GUARDS = `[safe]
	directory = *
[init]
	defaultBranch = main
	templateDir =
[advice]
	detachedHead = false
[core]
	hooksPath = /dev/null
	fsmonitor = false
	askPass =
[credential]
	helper =
[gc]
	auto = 0
[maintenance]
	auto = false
[fetch]
	recurseSubmodules = false
[submodule]
	recurse = false
[filter "lfs"]
	smudge =
	process =
	required = false
`

export interface GitOptions {
  readonly folders: HostFolders
  readonly spawn: Spawn
  readonly host: HostEnvironment
  readonly log: JobLog
  readonly signal: AbortSignal
  readonly remote: Remote
  /** Addresses of the job's server in the form of SSH are asked for over the web. */
  readonly forcesHttps: boolean
}

export interface GitRun {
  /** Git may reach web servers only: submodules may come from nowhere else. */
  readonly isWebOnly?: boolean
}

/** The runner's own git: with a HOME of its own and none of the job's variables, in the job's project folder. */
export interface Git {
  run(words: readonly string[], more?: GitRun): Promise<void>
  /** What it prints. */
  read(words: readonly string[]): Promise<Buffer>
  /** Removes its configuration, which holds the job's token. */
  close(): Promise<void>
}

export async function createGit(options: GitOptions): Promise<Git> {
  const { folders, log } = options
  const configuration = join(folders.toolHome, '.gitconfig')
  await rm(configuration, { force: true })
  await writeFile(configuration, GUARDS + ownConfiguration(options), { mode: 0o600 })
  return {
    run: (words, more) => runGit(options, words, { ...more, onOutput: log.output }),
    read: (words) => readGit(options, words),
    close: () => rm(configuration, { force: true }),
  }
}

async function runGit(
  options: GitOptions,
  words: readonly string[],
  { onOutput, isWebOnly = false }: GitRun & { readonly onOutput: (chunk: Uint8Array) => void },
): Promise<void> {
  const { folders, spawn, signal } = options
  const env = gitEnvironment(options, isWebOnly)
  const { exitCode } = await spawn.run({
    argv: ['git', ...words],
    cwd: folders.project,
    env,
    signal,
    onOutput,
  })
  if (exitCode === 0) return
  signal.throwIfAborted()
  const how = exitCode === null ? 'signal' : `exit ${exitCode}`
  throw runnerErrors('runner.sources', `git ${words[0]} failed (${how})`)
}

async function readGit(options: GitOptions, words: readonly string[]): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let size = 0
  await runGit(options, words, {
    onOutput: (chunk) => {
      size += chunk.length
      if (size <= MAX_LISTING_BYTES) parts.push(chunk)
    },
  })
  if (size > MAX_LISTING_BYTES)
    throw runnerErrors('runner.sources', `git ${words[0]} lists more than ${MAX_LISTING_BYTES} bytes`)
  return Buffer.concat(parts)
}

function gitEnvironment({ host, folders, remote }: GitOptions, isWebOnly: boolean): Environment {
  return {
    ...toolEnvironment(host, folders),
    GIT_TERMINAL_PROMPT: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_ALLOW_PROTOCOL: remote.isLocal && !isWebOnly ? 'file' : 'http:https',
  }
}

/** The token is for the job's own server: neither a redirect to another nor a submodule of one gets it. */
function ownConfiguration({ remote, forcesHttps }: GitOptions): string {
  const { origin, credentials } = remote
  if (origin === undefined) return ''
  const basic = Buffer.from(credentials ?? '').toString('base64')
  const header = `[http "${origin}"]\n\textraHeader = Authorization: Basic ${basic}\n`
  const { hostname } = new URL(origin)
  const rewritten = `[url "${origin}"]\n\tinsteadOf = git@${hostname}:\n\tinsteadOf = ssh://git@${hostname}/\n`
  return (credentials === undefined ? '' : header) + (forcesHttps ? rewritten : '')
}

export interface HandOver {
  /** With its credentials, as the job has it in CI_REPOSITORY_URL. */
  readonly address: string
  /** As GitLab has it by default; else the token stands in no file and in no argument of a process. */
  readonly hasTokenInUrl: boolean
}

/** How the job's own git reaches its origin: a helper of the shell takes the token from the job's environment. */
export async function handOverOrigin(
  { folders, remote }: Pick<GitOptions, 'folders' | 'remote'>,
  { address, hasTokenInUrl }: HandOver,
): Promise<void> {
  if (remote.credentials === undefined || remote.origin === undefined) return
  const own = join(folders.project, '.git', 'config')
  if (hasTokenInUrl) {
    const text = await readFile(own, 'utf8')
    return replace(
      own,
      text.replace(`url = ${remote.url}\n`, () => `url = ${address}\n`),
    )
  }
  for (const path of [own, ...(await submoduleConfigurations(folders))]) {
    const text = await readFile(path, 'utf8')
    await replace(path, `${text}[credential "${remote.origin}"]\n\thelper =\n\thelper = ${HELPER}\n`)
  }
}

/** Git's quotes around quotes of the shell, for the sake of the semicolons. */
const HELPER =
  '"!f() { test \\"$1\\" = get && echo username=gitlab-ci-token && echo \\"password=$CI_JOB_TOKEN\\"; }; f"'

async function replace(path: string, text: string): Promise<void> {
  await writeFile(path, text)
  await chmod(path, 0o600)
}

/** Of what the runner's own git has made a moment ago; the job has not run yet. */
async function submoduleConfigurations({ project }: HostFolders): Promise<readonly string[]> {
  const modules = join(project, '.git', 'modules')
  const names = await readdir(modules, { recursive: true }).catch(() => [])
  return names
    .filter((name) => basename(name) === 'config' && !/(?:^|\/)(?:refs|logs|objects)\//.test(name))
    .map((name) => join(modules, name))
}
