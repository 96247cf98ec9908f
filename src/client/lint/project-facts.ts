import { basename, dirname, join, resolve } from 'node:path'
import { utf8Decode, type Files } from '../../base/index.ts'
import { localPath, MAIN, NO_SERVER, projectPathOf, serverOf } from '../run/remote-facts.ts'

export interface GitFacts {
  readonly serverUrl: string
  readonly projectPath: string
  readonly defaultBranch: string
  readonly isDefaultBranchKnown: boolean
  readonly isOriginKnown: boolean
}

const MAX_BYTES = 256 * 1024

/** What git's own files say of where the project is from: no process is started, since this has to be quick. */
export async function gitFacts(folder: string, files: Files): Promise<GitFacts> {
  const place = resolve(folder)
  const git = await gitFolder(place, files)
  const own = projectOf((await textOf(join(git, 'config'), files)) ?? '')
  const head = await textOf(join(git, 'refs', 'remotes', 'origin', 'HEAD'), files)
  const defaultBranch = /^ref: refs\/remotes\/origin\/(\S+)/.exec(head ?? '')?.[1]
  return {
    ...(own ?? { serverUrl: NO_SERVER, projectPath: localPath(place) }),
    defaultBranch: defaultBranch ?? (await likelyBranch(git, files)),
    isDefaultBranchKnown: defaultBranch !== undefined,
    isOriginKnown: own !== undefined,
  }
}

/** Where no remote tells, as the repository has its branches. */
async function likelyBranch(git: string, files: Files): Promise<string> {
  const packed = (await textOf(join(git, 'packed-refs'), files)) ?? ''
  for (const name of [MAIN, 'master'])
    for (const ref of [`refs/remotes/origin/${name}`, `refs/heads/${name}`])
      if (packed.includes(` ${ref}\n`) || (await files.exists(join(git, ref)))) return name
  return MAIN
}

function projectOf(config: string): Pick<GitFacts, 'serverUrl' | 'projectPath'> | undefined {
  const origin = originOf(config) ?? ''
  const [serverUrl, projectPath] = [serverOf(origin), projectPathOf(origin)]
  return serverUrl === undefined || projectPath === undefined ? undefined : { serverUrl, projectPath }
}

/** The first URL of the section, as git writes it. */
function originOf(config: string): string | undefined {
  const start = config.indexOf('[remote "origin"]')
  if (start < 0) return undefined
  const end = config.indexOf('\n[', start)
  return /^[ \t]+url = ([^\n]{1,1000})$/m.exec(config.slice(start, end < 0 ? undefined : end))?.[1]
}

/** `.git`, or what it names: of a worktree the repository's own. */
async function gitFolder(place: string, files: Files): Promise<string> {
  const own = join(place, '.git')
  const named = /^gitdir: (.+)$/m.exec((await textOf(own, files)) ?? '')?.[1]
  if (named === undefined) return own
  const folder = resolve(place, named)
  return basename(dirname(folder)) === 'worktrees' ? dirname(dirname(folder)) : folder
}

async function textOf(path: string, files: Files): Promise<string | undefined> {
  const bytes = await files.readIfThere(path, MAX_BYTES, 'regular file').catch(() => undefined)
  return bytes === undefined ? undefined : utf8Decode(bytes)
}
