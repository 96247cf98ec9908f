import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removeFolder } from '../job/folders.ts'

/**
 * Takes from a project what the runner's git would believe of a line of the job: the git folder of each repository at
 * any depth, whose configuration and hooks start programs where a submodule has its place, and the list of submodules.
 * Throws where it cannot look: what is not looked at may be one.
 */
export async function removeLeftRepositories(project: string): Promise<void> {
  await rm(join(project, '.gitmodules'), { recursive: true, force: true })
  const folders = [project]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.name.toLowerCase() === '.git') await removeFolder(path)
      else if (entry.isDirectory()) folders.push(path)
    }
  }
}
