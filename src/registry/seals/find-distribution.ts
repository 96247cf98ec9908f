import type { Project } from '../../access/index.ts'
import { distributionKey, parseFileName } from '../../formats/python/index.ts'
import type { StoredFile } from '../store.ts'
import type { SealContext } from './parts.ts'

/** As it is now; undefined where the project has none of exactly that name. `fileName` is that of a distribution. */
export async function findDistribution(
  { files }: Pick<SealContext, 'files'>,
  project: Project,
  fileName: string,
): Promise<StoredFile | undefined> {
  const parsed = parseFileName(fileName)
  const key = {
    projectId: project.id,
    kind: 'pypi',
    nameKey: parsed.name,
    versionKey: parsed.version.key,
  } as const
  const found = await files.findUnique(key, distributionKey(parsed))
  return found?.fileName === fileName ? found : undefined
}
