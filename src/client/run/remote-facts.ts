import { basename } from 'node:path'
import type { Git } from './git.ts'

/** What a repository says of the GitLab project that it belongs to. */
export interface RemoteFacts {
  /** As GitLab would have it: the path of remote `origin`, else `local/FOLDER`. */
  readonly path: string
  readonly defaultBranch: string
  /** Of the GitLab that origin names, or a name that stands for one. */
  readonly serverUrl: string
}

export const MAIN = 'main'
export const NO_SERVER = 'https://gitlab.localhost'

export async function remoteFacts(place: string, git: Git): Promise<RemoteFacts> {
  const origin = await git.ask('remote', 'get-url', 'origin')
  const path = origin === undefined ? undefined : projectPathOf(origin)
  const head = await git.ask('symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD')
  return {
    path: path ?? localPath(place),
    defaultBranch: head?.replace(/^origin\//, '') ?? (await likelyDefault(git)),
    serverUrl: (path === undefined || origin === undefined ? undefined : serverOf(origin)) ?? NO_SERVER,
  }
}

/** Where no remote tells: one of the two usual names, or else the branch that is checked out. */
async function likelyDefault(git: Git): Promise<string> {
  for (const name of [MAIN, 'master'])
    for (const place of ['refs/remotes/origin/', 'refs/heads/'])
      if ((await git.ask('rev-parse', '--verify', '--quiet', `${place}${name}`)) !== undefined) return name
  return (await git.ask('symbolic-ref', '--quiet', '--short', 'HEAD')) ?? MAIN
}

/** `https://HOST` of the remote; undefined for other forms. */
export function serverOf(origin: string): string | undefined {
  const [, host] =
    /^(?:https?|ssh|git):\/\/(?:[^/]*@)?([^/:@]+)/.exec(origin) ?? /^[^/:@]+@([^/:]+):/.exec(origin) ?? []
  return host === undefined || !URL.canParse(`https://${host}`) ? undefined : `https://${host}`
}

const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/

/** `group/name` of `https://host/group/name.git`, `ssh://…` and `git@host:group/name.git`; undefined for other forms. */
export function projectPathOf(remote: string): string | undefined {
  const match = /^(?:(?:https?|ssh|git):\/\/[^/]+\/|[^/:]+@[^/:]+:)(?<path>.+?)(?:\.git)?\/?$/.exec(remote)
  const segments = match?.groups?.['path']?.split('/') ?? []
  return segments.length >= 2 && segments.every((segment) => SEGMENT.test(segment))
    ? segments.join('/')
    : undefined
}

export function localPath(place: string): string {
  const name = basename(place)
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[.-]+/, '')
  return `local/${name === '' ? 'project' : name}`
}
