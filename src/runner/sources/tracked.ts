import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JobFolders } from '../job/folders.ts'
import type { Git } from './git.ts'

/** Before the job's first line: afterwards its `.git` is nothing that the runner's git may read. */
export async function writeTracked(folders: JobFolders, git: Pick<Git, 'read'>): Promise<void> {
  await writeFile(fileOf(folders), await git.read(['ls-files', '-z']), { mode: 0o600 })
}

/** The paths of the commit; none where nothing was checked out. */
export async function readTracked(folders: JobFolders): Promise<ReadonlySet<string>> {
  const text = await readFile(fileOf(folders), 'utf8').catch(() => '')
  return new Set(text.split('\0').filter((path) => path !== ''))
}

/** Each path with a zero byte behind it, outside of what the job sees. */
function fileOf({ host }: JobFolders): string {
  return join(host.root, 'tracked')
}
