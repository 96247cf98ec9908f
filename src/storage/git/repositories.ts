import { existsSync } from 'node:fs'

import { dirname, join } from 'node:path'
import type { RunningProcess } from '../../base/index.ts'
import { makeFolder, startProcess, syncFolder } from '../../host/index.ts'
import type { GitRepositories, Serving } from '../../repositories/index.ts'
import { storageErrors } from '../errors.ts'
import { gitAt, type Git } from './command.ts'
import { commitFacts, listCommits, listRefs, storedFile } from './objects.ts'
import { setPipelineRef } from './pipeline-refs.ts'
import { makeRepository, openPlaces, type Places } from './places.ts'
import { gitEnvironment, receiveSettings, settingArguments, UPLOAD_SETTINGS } from './settings.ts'
import { changesOf, commitOf, pathsAt, textAt } from './tree.ts'

export interface GitOptions {
  /** Where git is found. */
  readonly path: string
  /** Of one push, as it is sent. */
  readonly maxPushBytes: number
  /** At once, of clients. */
  readonly maxProcesses: number
  /** Of these, for one project. */
  readonly maxOfProject: number
  readonly timeoutMs: number
}

/** Repositories as git itself keeps them, in `ROOT/ID.git`. One process may use the folder. */
export async function openGitRepositories(root: string, options: GitOptions): Promise<GitRepositories> {
  await makeFolder(root)
  const places = await openPlaces(root)
  const env = gitEnvironment(options.path)
  const opened: Opened = { root, places, env, options, running: new Map() }
  const hasOne = (projectId: number): boolean => existsSync(places.repository(projectId))
  const git = (projectId: number): Git => gitAt(places.repository(projectId), env)
  /** What reads; `none` where the project has no repository. */
  const from = <T>(projectId: number, none: T, read: (git: Git) => Promise<T>): Promise<T> =>
    hasOne(projectId) ? read(git(projectId)) : Promise.resolve(none)
  const at = (projectId: number) => ({ folder: places.repository(projectId), env })
  return {
    ensure: async (projectId, { defaultBranch }) => {
      if (!hasOne(projectId)) await makeRepository(root, { projectId, defaultBranch, env })
    },
    serve: (projectId, serving) => serve(opened, projectId, serving),
    sync: (projectId, refs) => syncPush(places.repository(projectId), refs),
    refsNow: (projectId, refs) => from(projectId, new Map(), (one) => refsNow(one, refs)),
    listRefs: (projectId, asked) => from(projectId, [], (one) => listRefs(one, asked)),
    resolve: (projectId, ref) => from<string | undefined>(projectId, undefined, (one) => resolve(one, ref)),
    commit: (projectId, sha) => from(projectId, undefined, () => commitFacts(at(projectId), sha)),
    listCommits: (projectId, sha, page) => from(projectId, [], () => listCommits(at(projectId), sha, page)),
    file: (projectId, place) => from(projectId, undefined, (one) => storedFile(one, at(projectId), place)),
    sourcesAt: (projectId, { sha, base }) => ({
      text: (path) => textAt(git(projectId), sha, path),
      paths: () => pathsAt(git(projectId), sha),
      changes: (compareTo) => changesOf(git(projectId), { sha, base, compareTo }),
    }),
    setPipelineRef: (projectId, pipeline) => setPipelineRef(at(projectId), pipeline),
    close: () => close(opened),
  }
}

interface Opened {
  readonly root: string
  readonly places: Places
  readonly env: Readonly<Record<string, string>>
  readonly options: GitOptions
  /** With the number of its project. */
  readonly running: Map<RunningProcess, number>
}

async function serve(opened: Opened, projectId: number, serving: Serving): Promise<RunningProcess> {
  const { places, options, running } = opened
  if (running.size >= options.maxProcesses)
    throw storageErrors('storage.git-busy', `${options.maxProcesses} processes of git run already`)
  const ofProject = [...running.values()].filter((id) => id === projectId).length
  if (ofProject >= options.maxOfProject)
    throw storageErrors('storage.git-busy', `${ofProject} processes of git run for the project already`)
  const folder = places.repository(projectId)
  const process = await startProcess({
    argv: [
      'git',
      ...settingArguments(settingsOf(opened, serving)),
      serving.service,
      ...modeOf(serving),
      folder,
    ],
    env: environmentOf(opened, serving),
    timeoutMs: options.timeoutMs,
  })
  running.set(process, projectId)
  void process.ended.then(() => running.delete(process))
  return process
}

function settingsOf({ places, options }: Opened, { service }: Serving): readonly string[] {
  if (service === 'upload-pack') return UPLOAD_SETTINGS
  return receiveSettings({ maxBytes: options.maxPushBytes, hooks: places.hooks })
}

/** upload-pack takes a folder only as it is, and looks for no `.git` in it. */
function modeOf({ service, isAdvertisement }: Serving): readonly string[] {
  const strict = service === 'upload-pack' ? ['--strict'] : []
  return [...strict, '--stateless-rpc', ...(isAdvertisement ? ['--advertise-refs'] : [])]
}

function environmentOf(
  { env, places }: Opened,
  { version, protectedRef }: Serving,
): Readonly<Record<string, string>> {
  return {
    ...env,
    WHEELSEAL_LEASE: places.lease,
    ...(protectedRef === undefined ? {} : { WHEELSEAL_PROTECTED_REF: protectedRef }),
    ...(version === undefined ? {} : { GIT_PROTOCOL: `version=${version}` }),
  }
}

/** git syncs the bytes of what it writes; the names are ours to sync. */
async function syncPush(repository: string, refs: readonly string[]): Promise<void> {
  if (refs.length === 0) return
  const folders = new Set([repository, join(repository, 'objects'), join(repository, 'objects', 'pack')])
  for (const ref of refs)
    for (
      let folder = dirname(join(repository, ref));
      folder.length > repository.length;
      folder = dirname(folder)
    )
      folders.add(folder)
  // A ref that was removed takes its folder along.
  for (const folder of folders) if (existsSync(folder)) await syncFolder(folder)
}

async function refsNow(git: Git, refs: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const wanted = new Set(refs)
  const listed = await git.run('for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads', 'refs/tags')
  const lines = listed.split('\n').map((line): [string, string] => [line.slice(41), line.slice(0, 40)])
  return new Map(lines.filter(([ref]) => wanted.has(ref)))
}

/** What is no name of a ref, and what git takes for more than one. */
const NOT_IN_REF = /[\p{Cc} ~^:?*[\\]|\.\.|@\{/u

/** A branch before a tag of the same name, as GitLab has it; a SHA only in full. */
async function resolve(git: Git, ref: string): Promise<string | undefined> {
  if (/^[0-9a-f]{40}$/.test(ref)) return commitOf(git, ref)
  if (NOT_IN_REF.test(ref)) return undefined
  const isWhole = /^refs\/(?:heads|tags|pipelines)\//.test(ref)
  for (const name of isWhole ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`]) {
    const sha = await commitOf(git, name)
    if (sha !== undefined) return sha
  }
  return undefined
}

async function close({ running }: Opened): Promise<void> {
  for (const process of running.keys()) process.kill()
  await Promise.all([...running.keys()].map(({ ended }) => ended))
}
