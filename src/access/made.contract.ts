import { parseProjectPath } from './names.ts'
import type { AccessStore, NewProject, NewUser, User } from './store.ts'

export function newProject(path: string): NewProject {
  return { ...parseProjectPath(path), visibility: 'private', defaultBranch: 'main', createdAtMs: 1000 }
}

export const ADA = {
  login: 'ada',
  email: 'ada@localhost',
  isAdministrator: true,
  kind: 'person',
  createdAtMs: 1000,
} as const

export async function makeUser(store: AccessStore, user: Partial<NewUser> = {}): Promise<User> {
  const made = await store.createUser({ ...ADA, ...user })
  if (made === undefined) throw new Error('the login is taken')
  return made
}

export const HASH = 'a'.repeat(64)
