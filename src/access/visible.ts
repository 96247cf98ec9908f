import type { Scope, Visibility } from './names.ts'
import { hasScope, isWithin, roleOf, type JobUser, type Principal, type Roles } from './may.ts'
import { isAtLeast } from './roles.ts'
import type { AccessStore, Group } from './store.ts'

/** Of more, the newest are shown: a list costs what who asks may see, and no more than this. */
const MAX_VISIBLE = 10_000
const MAX_MEMBERSHIPS = 1000
const READING: readonly Scope[] = ['api', 'read_api']

export interface VisibleAsked {
  readonly membership?: boolean
  readonly visibility?: Visibility
}

/** Ids of the projects that the principal may see, the newest first. */
export async function visibleProjects(
  store: AccessStore,
  principal: Principal,
  asked: VisibleAsked,
): Promise<readonly number[]> {
  if (principal.kind === 'user' && !hasScope(principal, READING)) return []
  const ids = new Set<number>()
  for (const list of await listsOf(store, principal, asked)) for (const id of list) ids.add(id)
  const filters = await filtersOf(store, principal, asked)
  const fitting = [...ids].filter((id) => filters.every((filter) => filter.has(id)))
  return fitting.toSorted((a, b) => b - a).slice(0, MAX_VISIBLE)
}

async function filtersOf(
  store: AccessStore,
  principal: Principal,
  { visibility }: VisibleAsked,
): Promise<readonly ReadonlySet<number>[]> {
  const bound = principal.kind === 'user' ? principal.within : undefined
  const lists = [
    ...(bound === undefined ? [] : [await store.listProjectIdsAt(bound, MAX_VISIBLE)]),
    ...(visibility === undefined ? [] : [await store.listProjectIds({ visibility, limit: MAX_VISIBLE })]),
  ]
  return lists.map((list) => new Set(list))
}

async function listsOf(
  store: AccessStore,
  principal: Principal,
  { membership = false }: VisibleAsked,
): Promise<readonly (readonly number[])[]> {
  const all = (visibility: Visibility) => store.listProjectIds({ visibility, limit: MAX_VISIBLE })
  if (principal.kind === 'anonymous' || principal.kind === 'publisher')
    return membership ? [] : [await all('public')]
  const isUser = principal.kind === 'user'
  if (isUser && principal.user.isAdministrator && !membership)
    return [await store.listProjectIds({ limit: MAX_VISIBLE })]
  const own = isUser ? await membershipsOf(store, principal.user.id) : []
  return membership ? own : [await all('public'), await all('internal'), ...own]
}

async function membershipsOf(store: AccessStore, userId: number): Promise<(readonly number[])[]> {
  const lists: (readonly number[])[] = []
  let left = MAX_VISIBLE
  for (const path of await store.listMemberPaths(userId, MAX_MEMBERSHIPS)) {
    if (left <= 0) break
    const ids = await store.listProjectIdsAt(path, left)
    lists.push(ids)
    left -= ids.length
  }
  return lists
}

/** Who is a member of it, above it or below it, and everybody who may see a project in it. */
export async function maySeeGroup(
  store: AccessStore,
  principal: Principal,
  { path }: Group,
): Promise<boolean> {
  if (await store.hasProjectBelow(path, 'public')) return true
  if (principal.kind === 'job') return hasForJob(store, principal, path)
  if (principal.kind !== 'user') return false
  const { user, within } = principal
  if (within !== undefined && !isWithin(path, within) && !isWithin(within, path)) return false
  if ((await roleOf(store, user, { path })) !== null || (await store.isMemberBelow(user.id, path)))
    return true
  return within === undefined && store.hasProjectBelow(path, 'internal')
}

/** A job reads in the group of its own project. */
async function hasForJob(store: AccessStore, { projectId }: JobUser, path: string): Promise<boolean> {
  const own = await store.findProject(projectId)
  return (own !== undefined && isWithin(own.path, path)) || store.hasProjectBelow(path, 'internal')
}

/** GitLab's rule: a maintainer of the group, and administrators. */
export async function mayCreateIn(roles: Roles, principal: Principal, group: string): Promise<boolean> {
  if (principal.kind !== 'user' || !hasScope(principal, ['api'])) return false
  if (!isWithin(group, principal.within)) return false
  const role = await roleOf(roles, principal.user, { path: group })
  return role !== null && isAtLeast(role, 'maintainer')
}
