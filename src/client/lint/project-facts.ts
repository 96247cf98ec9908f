import { basename, dirname, join, resolve } from 'node:path'
import { utf8Decode, type Files } from '../../base/index.ts'
import { localPath, NO_SERVER, projectPathOf, serverOf } from '../run/remote-facts.ts'

export interface GitFacts {
  readonly serverUrl: string
  readonly projectPath: string
  readonly defaultBranch: string
  readonly isOriginKnown: boolean
}

const MAX_BYTES = 256 * 1024

/** What git's own files say of where the project is from: no process is started, since this has to be quick. */
export async function gitFacts(folder: string, files: Files): Promise<GitFacts> {
  const place = resolve(folder)
  const git = await gitFolder(place, files)
  const config = (await textOf(join(git, 'config'), files)) ?? ''
  const origin = /^\[remote "origin"\]\s*(?:\n[ \t]+[^\n]*)*?\n[ \t]+url = ([^\n]{1,1000})$/m.exec(
    config.slice(0, MAX_BYTES),
  )?.[1]
  const path = origin === undefined ? undefined : projectPathOf(origin)
  const serverUrl = origin === undefined ? undefined : serverOf(origin)
  const head = await textOf(join(git, 'refs', 'remotes', 'origin', 'HEAD'), files)
  const isOriginKnown = path !== undefined && serverUrl !== undefined
  return {
    serverUrl: isOriginKnown ? serverUrl : NO_SERVER,
    projectPath: isOriginKnown ? path : localPath(place),
    defaultBranch: /^ref: refs\/remotes\/origin\/(\S+)/.exec(head ?? '')?.[1] ?? 'main',
    isOriginKnown,
  }
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
