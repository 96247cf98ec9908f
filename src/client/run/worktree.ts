import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { systemReason, type Spawn } from '../../base/index.ts'
import { clientErrors } from '../errors.ts'
import { fullName, type Ref } from './find-ref.ts'
import { gitIn, type Git } from './git.ts'

/** 1980, before which wheels can name no time. */
const OLDEST_IN_ZIP_MS = 315_619_200_000
const IDENTITY = ['-c', 'user.name=Wheelseal', '-c', 'user.email=wheelseal@localhost'] as const

/**
 * What is checked out with all changes, new files included and ignored ones not, as a commit after it. It is made in a
 * repository beside the user's, from which that borrows objects: no object, ref or index of theirs is written.
 */
export async function commitOfChanges(
  { repository: place, sha, ref }: { readonly repository: string; readonly sha: string; readonly ref: Ref },
  ports: { readonly spawn: Spawn; readonly env: Readonly<Record<string, string>>; readonly scratch: string },
): Promise<{ readonly store: string; readonly sha: string }> {
  const store = join(ports.scratch, 'worktree.git')
  await mkdir(ports.scratch, { recursive: true })
  const own = gitIn(place, ports.spawn, ports.env)
  await gitIn(ports.scratch, ports.spawn, ports.env).run(
    'init',
    '--quiet',
    '--bare',
    '--initial-branch=main',
    store,
  )
  await borrow(own, place, store)
  const env = { ...ports.env, GIT_DIR: store, GIT_WORK_TREE: place }
  const git = gitIn(place, ports.spawn, env)
  await git.run('read-tree', sha)
  await git.run('add', '--all')
  const tree = await git.run('write-tree')
  const date = `@${await newestChange(place, git)} +0000`
  const dated = gitIn(place, ports.spawn, { ...env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date })
  const message = `${basename(place)} with uncommitted changes`
  const commit = await dated.run(...IDENTITY, 'commit-tree', tree, '-p', sha, '-m', message)
  await takeTags(own, store)
  await git.run('update-ref', fullName(ref), commit)
  return { store, sha: commit }
}

/** Objects, and what the user's repository ignores by a file of its own. */
async function borrow(own: Git, place: string, store: string): Promise<void> {
  const path = async (name: string): Promise<string> =>
    own.run('rev-parse', '--path-format=absolute', '--git-path', name)
  try {
    await writeFile(join(store, 'objects', 'info', 'alternates'), `${await path('objects')}\n`)
    const ignored = await readFile(await path('info/exclude')).catch(() => new Uint8Array())
    await writeFile(join(store, 'info', 'exclude'), ignored)
  } catch (cause) {
    throw clientErrors('client.git', `the changes of ${place} cannot be copied: ${systemReason(cause)}`, {
      cause,
    })
  }
}

/** Versions are derived from them. */
async function takeTags(own: Git, store: string): Promise<void> {
  const tags = await own.run('for-each-ref', '--format=%(objectname) %(refname)', 'refs/tags')
  if (tags !== '') await writeFile(join(store, 'packed-refs'), `${tags}\n`)
}

/** In seconds: a folder that nobody has changed is the same commit again, and its build gives the same bytes. */
export async function newestChange(place: string, git: Git): Promise<number> {
  const names = (await git.run('ls-files', '-z')).split('\0').filter((name) => name !== '')
  let newestMs = OLDEST_IN_ZIP_MS
  for (const name of names) newestMs = Math.max(newestMs, await changedMs(join(place, name)))
  return Math.floor(newestMs / 1000)
}

/** A file that was removed since counts for nothing. */
function changedMs(path: string): Promise<number> {
  return lstat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
}
