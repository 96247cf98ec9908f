import { WheelsealError } from '../../base/index.ts'
import type { Admin, ProjectSummary, UserLine } from '../../server/index.ts'

export interface Publisher {
  /** Of the project. */
  readonly path: string
  /** Of a project that is not there yet. */
  readonly visibility: string
  /** Of a project that is not there yet. */
  readonly defaultBranch?: string
  readonly user: string
  readonly say: (text: string) => void
}

/**
 * The project and the user as whom its pipeline runs, both made where they are missing. The user owns a new project, and
 * becomes a developer of one in which he has no role yet; a role that somebody gave him stays as it is.
 */
export async function ensurePublisher(admin: Admin, publisher: Publisher): Promise<ProjectSummary> {
  const { path, visibility, defaultBranch, user, say } = publisher
  const branch = defaultBranch === undefined ? {} : { defaultBranch }
  const known = await findUser(admin, user)
  if (known === undefined) await admin.createUser({ login: user, isAdministrator: false })
  const project = await admin.findProject(path)
  if (project === undefined) {
    const made = await admin.createProject({ path, visibility, ...branch })
    await admin.setMember({ path, user, role: 'owner' })
    return made
  }
  if (known?.isAdministrator !== true && (await admin.roleOf({ path, user })).role === null) {
    await admin.setMember({ path, user, role: 'developer' })
    say(`${user} is a developer of ${path} now, so that the pipeline may publish`)
  }
  return project
}

async function findUser(admin: Admin, login: string): Promise<UserLine | undefined> {
  try {
    return await admin.user(login)
  } catch (error) {
    if (error instanceof WheelsealError && error.code === 'access.unknown-user') return undefined
    throw error
  }
}
