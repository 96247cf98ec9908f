import { systemSpawn } from '../../host/index.ts'
import { isSameVersion, versionOfTag } from '../../packaging/index.ts'
import { readStaticProject } from './static-project.ts'
import { gitIn } from './git.ts'
import { isReleaseRef, type ProjectSource } from './project-source.ts'

/** What a maintainer should know before anything of this ref is signed. */
export async function tagNotes(
  source: ProjectSource,
  env: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const { ref, repository, sha } = source
  if (!isReleaseRef(source))
    return [
      `${ref.name} is neither a tag nor the default branch: the jobs that publish from protected refs do not run`,
    ]
  if (ref.type !== 'tag') return []
  const text = await gitIn(repository, systemSpawn, env).ask('show', `${sha}:pyproject.toml`)
  const { name, version } = readStaticProject(text ?? '')
  if (version === undefined) return []
  const named = versionOfTag(ref.name, name ?? '')
  if (named === undefined || isSameVersion(named, version)) return []
  return [`warning: the tag ${ref.name} names version ${named}, and pyproject.toml has version ${version}`]
}
