import { existsSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { describeError, type Spawn } from '../../base/index.ts'
import { clientErrors } from '../errors.ts'
import { findRef, fullName, refOf } from './find-ref.ts'
import { gitIn, type Git } from './git.ts'
import { sdistVersion } from './sdist-version.ts'
import { localPath, MAIN, NO_SERVER, remoteFacts, type RemoteFacts } from './remote-facts.ts'
import { commitOfChanges, newestChange } from './worktree.ts'

export interface ProjectSource {
  /** As GitLab would have it: the path of remote `origin`, else `local/FOLDER`. */
  readonly path: string
  /** What a job clones. */
  readonly repository: string
  readonly sha: string
  /** What is checked out: a branch, or the tag that names a detached HEAD. */
  readonly ref: { readonly name: string; readonly type: 'branch' | 'tag' }
  readonly defaultBranch: string
  /** The commit that the checked-out one follows; undefined for the first of a branch. */
  readonly beforeSha: string | undefined
  readonly isRepository: boolean
  /** Of the GitLab that origin names, or a name that stands for one. */
  readonly serverUrl: string
  readonly title: string
  readonly author: string
  readonly timestamp: string
  /** The text of `.gitlab-ci.yml` at that commit. */
  readonly config: string | undefined
  /** Of a folder that is an unpacked sdist, whose version can be derived from no repository. */
  readonly sdistVersion?: string
  /** For people: what stands in the folder and not in the commit. */
  readonly notice: string | undefined
}

/** Whoever runs a pipeline here is the project's owner: releases are made of its tags and its default branch. */
export function isReleaseRef({ ref, defaultBranch }: Pick<ProjectSource, 'ref' | 'defaultBranch'>): boolean {
  return ref.type === 'tag' || ref.name === defaultBranch
}

/** The commit as a pipeline of that ref has it. */
export function pipelineCommit(source: ProjectSource, ref: ProjectSource['ref']) {
  const { repository, sha, title, author, timestamp, beforeSha } = source
  return {
    repositoryUrl: repository,
    sha,
    ref: ref.name,
    refType: ref.type,
    title,
    author,
    timestamp,
    ...(beforeSha === undefined ? {} : { beforeSha }),
  }
}

export interface SourcePorts {
  readonly spawn: Spawn
  readonly env: Readonly<Record<string, string>>
  /** A new folder for the repository of a project that has none, or whose changes are taken. */
  readonly scratch: string
  /** Default: the commit that is checked out. */
  readonly choice?: SourceChoice
}

export type SourceChoice =
  | { readonly kind: 'checkout' }
  /** A branch or tag, whatever is checked out. */
  | { readonly kind: 'ref'; readonly name: string; readonly type?: 'branch' | 'tag' }
  /** What is checked out, with the changes that are in no commit. */
  | { readonly kind: 'worktree' }

const CONFIG_FILE = '.gitlab-ci.yml'
const PROJECT_FILES = [CONFIG_FILE, 'pyproject.toml', 'setup.py'] as const

/**
 * The commit that a pipeline of `folder` runs on. A folder that is no repository of its own becomes one commit on
 * `main` in a repository beside it; the folder itself is not touched. Throws `client.no-project`, `client.git`.
 */
export async function readProjectSource(folder: string, ports: SourcePorts): Promise<ProjectSource> {
  const place = await checkProjectFolder(folder)
  const git = gitIn(place, ports.spawn, ports.env)
  const isRepository = (await git.ask('rev-parse', '--show-cdup')) === ''
  const { choice = { kind: 'checkout' } } = ports
  if (!isRepository) {
    if (choice.kind === 'ref')
      throw clientErrors(
        'client.no-project',
        `${place} is not the root of a git repository, so it has no ref ${choice.name}`,
      )
    return fromCopy(place, ports)
  }
  if (choice.kind === 'ref') return fromRef(place, git, await findRef(git, choice))
  const source = await fromRepository(place, git)
  return choice.kind === 'worktree' && source.notice !== undefined ? withChanges(source, ports) : source
}

/** The commit of a branch or tag; the checkout is not looked at. */
async function fromRef(place: string, git: Git, ref: ProjectSource['ref']): Promise<ProjectSource> {
  const full = fullName(ref)
  const commit = await readCommit(git, `${full}^{commit}`)
  return {
    ...commit,
    ...(await remoteFacts(place, git)),
    ref,
    beforeSha: await commitBefore(git, {
      sha: commit.sha,
      branch: ref.type === 'branch' ? ref.name : undefined,
    }),
    repository: place,
    isRepository: true,
    notice: undefined,
  }
}

/**
 * The same for a plan, which starts nothing and copies nothing: a folder that is no repository, or has no commit yet, is
 * planned as it is. With a ref that is given, HEAD may be anything.
 */
export async function readPlanSource(
  folder: string,
  ports: Omit<SourcePorts, 'scratch'> & { readonly isRefGiven: boolean },
): Promise<ProjectSource> {
  const place = await checkFolder(folder)
  const git = gitIn(place, ports.spawn, ports.env)
  const isRepository = (await git.ask('rev-parse', '--show-cdup')) === ''
  if (!isRepository) return withoutCommit(place, { isRepository })
  if ((await git.ask('rev-parse', '--verify', '--quiet', 'HEAD')) === undefined) {
    const name = (await git.ask('symbolic-ref', '--quiet', '--short', 'HEAD')) ?? MAIN
    const plain = withoutCommit(place, { isRepository })
    return { ...plain, ...(await remoteFacts(place, git)), ref: { name, type: 'branch' } }
  }
  const commit = await readCommit(git)
  const ref = await refOf(git).catch((error: unknown) => {
    if (ports.isRefGiven) return { name: MAIN, type: 'branch' as const }
    throw error
  })
  const facts = { ...commit, ...(await remoteFacts(place, git)), ref }
  const beforeSha = await commitBefore(git, { sha: commit.sha, branch: '' })
  return { ...facts, beforeSha, repository: place, isRepository, notice: undefined }
}

function withoutCommit(place: string, { isRepository }: { readonly isRepository: boolean }): ProjectSource {
  const commit = { sha: '0'.repeat(40), title: '', author: '', timestamp: '', config: undefined }
  return { ...commit, ...nameless(place), repository: place, isRepository, notice: undefined }
}

/** The absolute path of a folder that looks like a project. Throws `client.no-project`. */
export async function checkProjectFolder(folder: string): Promise<string> {
  const place = await checkFolder(folder)
  if (!PROJECT_FILES.some((name) => existsSync(join(place, name)))) {
    throw clientErrors('client.no-project', `${place} contains none of ${PROJECT_FILES.join(', ')}`)
  }
  return place
}

async function checkFolder(folder: string): Promise<string> {
  const place = resolve(folder)
  const isFolder = await stat(place).then(
    (found) => found.isDirectory(),
    (error: unknown) => describeError(error),
  )
  if (isFolder !== true) throw clientErrors('client.no-project', `${place} is not a folder`)
  return place
}

async function fromRepository(place: string, git: Git): Promise<ProjectSource> {
  if ((await git.ask('rev-parse', '--verify', '--quiet', 'HEAD')) === undefined) {
    throw clientErrors('client.no-project', `the repository ${place} has no commits yet`)
  }
  const changes = await git.run('status', '--porcelain')
  const commit = await readCommit(git)
  return {
    ...commit,
    ...(await remoteFacts(place, git)),
    ref: await refOf(git),
    beforeSha: await commitBefore(git, { sha: commit.sha, branch: '' }),
    repository: place,
    isRepository: true,
    notice:
      changes === '' ? undefined : 'the folder has uncommitted changes; the pipeline runs on the last commit',
  }
}

async function fromCopy(place: string, ports: SourcePorts): Promise<ProjectSource> {
  await mkdir(ports.scratch, { recursive: true })
  const store = join(ports.scratch, 'repository.git')
  await gitIn(ports.scratch, ports.spawn, ports.env).run(
    'init',
    '--quiet',
    '--bare',
    '--initial-branch=main',
    store,
  )
  const env = { ...ports.env, GIT_DIR: store, GIT_WORK_TREE: place }
  const git = gitIn(place, ports.spawn, env)
  await git.run('add', '--all')
  const date = `@${await newestChange(place, git)} +0000`
  const dated = { ...env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }
  const identity = ['-c', 'user.name=Wheelseal', '-c', 'user.email=wheelseal@localhost']
  const message = `the folder ${basename(place)} as it is`
  await gitIn(place, ports.spawn, dated).run(
    ...identity,
    'commit',
    '--quiet',
    '--allow-empty',
    '--message',
    message,
  )
  return {
    ...(await readCommit(git)),
    ...nameless(place),
    repository: store,
    isRepository: true,
    ...(await sdistVersion(place)),
    notice:
      'the folder is not the root of a git repository; the pipeline runs on a copy with one commit on main',
  }
}

/** The same with the changes of the folder, as a commit in a repository beside it. */
async function withChanges(source: ProjectSource, ports: SourcePorts): Promise<ProjectSource> {
  const { store, sha } = await commitOfChanges(source, ports)
  const commit = await readCommit(gitIn(store, ports.spawn, ports.env), sha)
  return {
    ...source,
    ...commit,
    beforeSha: source.sha,
    repository: store,
    notice: `the uncommitted changes of the folder are included, as commit ${sha.slice(0, 8)}, which is in no repository`,
  }
}

async function readCommit(git: Git, rev = 'HEAD'): Promise<CommitFacts> {
  const fields = await git.run('log', '-1', '--format=%H%x00%s%x00%an <%ae>%x00%cI', rev, '--')
  const [sha = '', title = '', author = '', timestamp = ''] = fields.split('\0')
  return {
    sha,
    title,
    author,
    timestamp,
    config: await git.ask('show', `${sha}:${CONFIG_FILE}`),
  }
}

type CommitFacts = Pick<ProjectSource, 'sha' | 'title' | 'author' | 'timestamp' | 'config'>

/** A folder without a repository: everything is the first commit on main. */
function nameless(place: string): RemoteFacts & Pick<ProjectSource, 'ref' | 'beforeSha'> {
  const ref = { name: MAIN, type: 'branch' as const }
  return { path: localPath(place), defaultBranch: MAIN, serverUrl: NO_SERVER, ref, beforeSha: undefined }
}

/** What the server had of the branch before: its upstream, or else the commit before this one. */
async function commitBefore(
  git: Git,
  { sha, branch }: { readonly sha: string; readonly branch: string | undefined },
): Promise<string | undefined> {
  const upstream =
    branch === undefined
      ? undefined
      : await git.ask('rev-parse', '--verify', '--quiet', `${branch}@{upstream}^{commit}`)
  if (upstream !== undefined && upstream !== sha) return upstream
  return git.ask('rev-parse', '--verify', '--quiet', `${sha}^`)
}
