import type { Kysely } from 'kysely'
import type { AccessStore, StoredUser, User } from '../../access/index.ts'
import { keysBelow, pathsAbove } from './access-keys.ts'
import type { AccessTables } from './access-tables.ts'

type Tables = Kysely<AccessTables>

interface UserColumns {
  readonly id: number
  readonly login: string
  readonly email: string
  readonly is_administrator: number
}

export function toUser({ id, login, email, is_administrator }: UserColumns): User {
  return { id, login, email, isAdministrator: is_administrator === 1 }
}

export function userQueries(
  tables: Tables,
): Pick<AccessStore, 'createUser' | 'findUser' | 'listUsers' | 'setBlocked'> {
  return {
    createUser: async ({ login, email, isAdministrator, kind, createdAtMs }) => {
      const made = await tables
        .insertInto('users')
        .values({
          login,
          login_key: login.toLowerCase(),
          email,
          is_administrator: isAdministrator ? 1 : 0,
          kind,
          created_at_ms: createdAtMs,
        })
        .onConflict((conflict) => conflict.column('login_key').doNothing())
        .returning('id')
        .executeTakeFirst()
      return made === undefined ? undefined : { id: made.id, login, email, isAdministrator }
    },
    findUser: async (login) => {
      const row = await selectUsers(tables).where('login_key', '=', login.toLowerCase()).executeTakeFirst()
      return row === undefined ? undefined : toStoredUser(row)
    },
    listUsers: async ({ afterId, limit }) => {
      const rows = selectUsers(tables).where('id', '>', afterId).orderBy('id').limit(limit)
      return (await rows.execute()).map((row) => toStoredUser(row))
    },
    setBlocked: async (userId, atMs) => {
      await tables.updateTable('users').set({ blocked_at_ms: atMs }).where('id', '=', userId).execute()
    },
  }
}

function selectUsers(tables: Tables) {
  return tables
    .selectFrom('users')
    .select(['id', 'login', 'email', 'is_administrator', 'kind', 'blocked_at_ms', 'created_at_ms'])
}

type UserRow = NonNullable<Awaited<ReturnType<ReturnType<typeof selectUsers>['executeTakeFirst']>>>

function toStoredUser(row: UserRow): StoredUser {
  const { id, kind, blocked_at_ms: blockedAtMs, created_at_ms: createdAtMs } = row
  return { id, user: toUser(row), kind, blockedAtMs, createdAtMs }
}

export function memberQueries(
  tables: Tables,
): Pick<AccessStore, 'setMember' | 'removeMember' | 'listMembers'> {
  const members = tables.selectFrom('members')
  return {
    setMember: async ({ userId, path, role }) => {
      await tables
        .insertInto('members')
        .values({ user_id: userId, path_key: path.toLowerCase(), role })
        .onConflict((conflict) => conflict.columns(['path_key', 'user_id']).doUpdateSet({ role }))
        .execute()
    },
    removeMember: async ({ userId, path }) => {
      const all = tables.deleteFrom('members').where('path_key', '=', path.toLowerCase())
      const { numDeletedRows } = await all.where('user_id', '=', userId).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
    listMembers: (path, { afterId, limit }) =>
      members
        .innerJoin('users', 'users.id', 'members.user_id')
        .select(['users.id', 'users.login', 'members.role'])
        .where('members.path_key', '=', path.toLowerCase())
        .where('members.user_id', '>', afterId)
        .orderBy('members.user_id')
        .limit(limit)
        .execute(),
  }
}

/** Asked for with every request, where the ones above are changed and shown. */
export function roleQueries(
  tables: Tables,
): Pick<AccessStore, 'findRoles' | 'listMemberPaths' | 'isMemberBelow'> {
  const members = tables.selectFrom('members')
  return {
    findRoles: async (userId, path) => {
      const here = members.select('role').where('path_key', 'in', pathsAbove(path))
      return (await here.where('user_id', '=', userId).execute()).map(({ role }) => role)
    },
    listMemberPaths: async (userId, limit) => {
      const own = members.select('path_key').where('user_id', '=', userId)
      return (await own.orderBy('path_key').limit(limit).execute()).map((row) => row.path_key)
    },
    isMemberBelow: async (userId, path) => {
      const { from, to } = keysBelow(path)
      const own = members.select('path_key').where('user_id', '=', userId)
      const below = own.where('path_key', '>', from).where('path_key', '<', to)
      return (await below.limit(1).executeTakeFirst()) !== undefined
    },
  }
}
