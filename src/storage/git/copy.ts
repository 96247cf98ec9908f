import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder, syncFolder } from '../../host/index.ts'
import { storageErrors } from '../errors.ts'
import { askGit } from './command.ts'
import { makeRepository, placesIn, tidy } from './places.ts'
import { gitEnvironment } from './settings.ts'

/**
 * Brings the repositories below `to` up to those below `from`, also while pushes come: git copies what the refs of one
 * moment name, and changes the refs of the copy when all of it is there.
 */
export async function copyRepositories(
  from: string,
  to: string,
  { path }: { readonly path: string },
): Promise<number> {
  if (!existsSync(from)) return 0
  const env = gitEnvironment(path)
  await makeFolder(to)
  const source = placesIn(from)
  const ids = await source.list()
  for (const projectId of ids) {
    const target = placesIn(to).repository(projectId)
    const head = await askGit({ env, folder: source.repository(projectId), args: ['symbolic-ref', 'HEAD'] })
    const defaultBranch = Buffer.from(head.bytes).toString().trim().replace('refs/heads/', '')
    if (!existsSync(target)) await makeRepository(to, { projectId, defaultBranch, env })
    // A copy that was cut before.
    await tidy(target)
    await fetchAll(source.repository(projectId), target, env)
  }
  return ids.length
}

async function fetchAll(from: string, to: string, env: Readonly<Record<string, string>>): Promise<void> {
  const local = [
    '-c',
    'protocol.file.allow=always',
    '-c',
    'fetch.unpackLimit=1',
    '-c',
    'fetch.fsckObjects=false',
  ]
  const args = [...local, 'fetch', '--quiet', '--no-write-fetch-head', '--prune', '--no-tags', '--force']
  const { exitCode, errors } = await askGit({
    env,
    folder: to,
    args: [...args, from, '+refs/*:refs/*'],
    timeoutMs: COPY_MS,
  })
  if (exitCode !== 0) throw storageErrors('storage.git', `git fetch failed: ${errors.trim()}`)
  await syncFolders(to)
}

/** As long as a large repository takes. */
const COPY_MS = 60 * 60_000

/** The bytes are git's to sync, the names are ours. */
async function syncFolders(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await syncFolders(join(folder, entry.name))
  await syncFolder(folder)
}
