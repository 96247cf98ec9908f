import { accessErrors, type Access, type Project } from '../access/index.ts'

/** The project that the administration means by its path. Throws `access.unknown-project`. */
export async function projectAt(access: Access, path: string): Promise<Project> {
  const project = await access.findProject(path)
  if (project !== undefined) return project
  throw accessErrors('access.unknown-project', `project ${path} does not exist`)
}
