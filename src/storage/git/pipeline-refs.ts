import { dirname, join } from 'node:path'
import { existsSync } from 'node:fs'
import { syncFolder } from '../../host/index.ts'
import { storageErrors } from '../errors.ts'
import { askGit, gitAt } from './command.ts'
import type { Place } from './objects.ts'

/** Of older pipelines jobs cannot be retried once their commit is on no branch and no tag any more. */
const MAX_PIPELINE_REFS = 1_000
const PREFIX = 'refs/pipelines/'

/** Nothing where the ref is there. A pipeline whose number an older state of the database had is another one. */
export async function setPipelineRef(
  { folder, env }: Place,
  { id, sha }: { readonly id: number; readonly sha: string },
): Promise<void> {
  const git = gitAt(folder, env)
  const ref = `${PREFIX}${id}`
  if ((await git.ask('rev-parse', '--verify', '--quiet', ref)) === sha) return
  const input = `update ${ref} ${sha}\n${await removalsFor(folder, env)}`
  const { exitCode, errors } = await askGit({ folder, env, args: ['update-ref', '--stdin'], input })
  if (exitCode !== 0) throw storageErrors('storage.git', `git update-ref failed: ${errors.trim()}`)
  for (let at = dirname(join(folder, ref)); at.length >= folder.length; at = dirname(at))
    if (existsSync(at)) await syncFolder(at)
}

async function removalsFor(folder: string, env: Place['env']): Promise<string> {
  const listed = await gitAt(folder, env).run('for-each-ref', '--format=%(refname)', PREFIX)
  const numbers = listed
    .split('\n')
    .filter((ref) => ref !== '')
    .map((ref) => Number(ref.slice(PREFIX.length)))
  const oldest = numbers.toSorted((a, b) => b - a).slice(MAX_PIPELINE_REFS - 1)
  return oldest.map((number) => `delete ${PREFIX}${number}\n`).join('')
}
