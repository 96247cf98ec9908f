import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder, syncFolder } from '../../host/index.ts'
import { storageErrors } from '../errors.ts'
import { askGit } from './command.ts'

const HOOKS = 'hooks'
const LEASE = 'lease-'
const NEW = 'new-'
const NO_OBJECT = '0'.repeat(40)
const REPOSITORY = /^[1-9][0-9]{0,14}\.git$/

/**
 * Refs change only while the server that started git lives: a server that was killed leaves git behind, and the next one
 * has settled by then what became of the push.
 */
const HOOK = `#!/bin/sh
if [ "$1" = prepared ] && [ ! -e "$WHEELSEAL_LEASE" ]; then
  echo 'the server has ended; push again' >&2
  exit 1
fi
`

/** Of the one ref that `Serving` names: a new commit of it has the old one among its ancestors. */
const UPDATE_HOOK = `#!/bin/sh
if [ "$1" = "$WHEELSEAL_PROTECTED_REF" ] && [ "$2" != ${NO_OBJECT} ] && ! git merge-base --is-ancestor "$2" "$3"; then
  echo "$1 is the default branch, which cannot be rewritten (non-fast-forward)" >&2
  exit 1
fi
`

export interface Places {
  readonly hooks: string
  readonly lease: string
  repository(projectId: number): string
  /** Numbers of the projects that have one. */
  list(): Promise<readonly number[]>
}

/** Takes over a folder of repositories; whatever a server that was killed has begun there is removed. */
export async function openPlaces(root: string): Promise<Places> {
  for (const name of await readdir(root))
    if (name.startsWith(LEASE) || name.startsWith(NEW)) await rm(join(root, name), { recursive: true })
  const lease = join(root, `${LEASE}${randomUUID()}`)
  await writeFile(lease, '', { mode: 0o600 })
  const hooks = join(root, HOOKS)
  await mkdir(hooks, { recursive: true, mode: 0o700 })
  await writeHook(join(hooks, 'reference-transaction'), HOOK)
  await writeHook(join(hooks, 'update'), UPDATE_HOOK)
  const places = placesIn(root)
  for (const id of await places.list()) await tidy(places.repository(id))
  return { ...places, hooks, lease }
}

async function writeHook(path: string, text: string): Promise<void> {
  await writeFile(path, text)
  await chmod(path, 0o700)
}

export function placesIn(root: string): Pick<Places, 'repository' | 'list'> {
  return {
    repository: (projectId) => {
      if (!Number.isSafeInteger(projectId) || projectId < 1) throw new Error('not the number of a project')
      return join(root, `${projectId}.git`)
    },
    list: async () => {
      const names = await readdir(root).catch(() => [])
      return names.filter((name) => REPOSITORY.test(name)).map((name) => Number(name.slice(0, -4)))
    },
  }
}

/** Locks and objects of a push that nobody ends any more: git would wait for the locks for ever. */
export async function tidy(repository: string): Promise<void> {
  const objects = join(repository, 'objects')
  for (const name of await readdir(objects).catch(() => []))
    if (name.startsWith('tmp_') || name.startsWith('incoming-'))
      await rm(join(objects, name), { recursive: true, force: true })
  for (const name of await readdir(repository))
    if (name.endsWith('.lock')) await rm(join(repository, name), { force: true })
  const refs = join(repository, 'refs')
  for (const entry of await readdir(refs, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && entry.name.endsWith('.lock'))
      await rm(join(entry.parentPath, entry.name), { force: true })
}

/** An empty repository under its name, whole and durable. */
export async function makeRepository(
  root: string,
  {
    projectId,
    defaultBranch,
    env,
  }: {
    readonly projectId: number
    readonly defaultBranch: string
    readonly env: Readonly<Record<string, string>>
  },
): Promise<void> {
  const temporary = join(root, `${NEW}${projectId}-${randomUUID()}`)
  await makeFolder(temporary)
  const args = [
    'init',
    '--quiet',
    '--bare',
    '--template=',
    '--object-format=sha1',
    `--initial-branch=${defaultBranch}`,
  ]
  const { exitCode, errors } = await askGit({ env, folder: temporary, args: [...args, temporary] })
  if (exitCode !== 0) throw storageErrors('storage.git', `git init failed: ${errors.trim()}`)
  await syncTree(temporary)
  await rename(temporary, placesIn(root).repository(projectId)).catch(async (error: unknown) => {
    await rm(temporary, { recursive: true, force: true })
    if (!isThere(error)) throw error
  })
  await syncFolder(root)
}

/** Somebody else has made it in the meantime. */
function isThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await syncTree(join(folder, entry.name))
  await syncFolder(folder)
}
