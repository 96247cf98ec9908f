import { realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { insideProject } from '../archive/select-files.ts'
import { makeFolder } from '../archive/unpack.ts'
import type { JobFolders } from '../job/folders.ts'
import type { Variables } from '../job/variables.ts'

/** https://bford.info/cachedir/ */
const TAG = 'Signature: 8a477f597d28d172789f06886806bc55\n# This folder is the cache of a job.\n'

export interface NewCache {
  readonly paths: readonly string[]
  readonly variables: Variables
  readonly folders: JobFolders
}

/**
 * A new pip cache inside the project gets a CACHEDIR.TAG. The tutorial's build job commits `git add .` in a clean clone
 * and would fail with nothing to commit, where pip finds nothing that it may cache (job-sandbox 5, item 5). Throws where
 * a link of the commit would lead out of the project.
 */
export async function tagPipCache({ paths, variables, folders }: NewCache): Promise<void> {
  const pipCache = variables.get('PIP_CACHE_DIR')
  if (pipCache === undefined || !paths.includes(pipCache)) return
  const inside = insideProject(pipCache, [folders.job.project])
  if (inside === undefined || inside === '') return
  const project = await realpath(folders.host.project)
  const folder = join(project, inside)
  await makeFolder(project, folder)
  await writeFile(join(folder, 'CACHEDIR.TAG'), TAG, { flag: 'wx' })
}
