import type { Kysely } from 'kysely'
import type { AccessStore, Scope, StoredToken } from '../../access/index.ts'
import { pathsAbove } from './access-keys.ts'
import { toUser } from './access-people.ts'
import type { AccessTables } from './access-tables.ts'

type Tables = Kysely<AccessTables>

export function tokenQueries(
  tables: Tables,
): Pick<AccessStore, 'createToken' | 'findToken' | 'listTokens' | 'revokeToken' | 'touchToken'> {
  return {
    createToken: ({ userId, scopes, expiresAtMs, createdAtMs, ...token }) =>
      tables
        .insertInto('tokens')
        .values({
          ...token,
          user_id: userId,
          scopes: scopes.join(' '),
          expires_at_ms: expiresAtMs,
          created_at_ms: createdAtMs,
        })
        .returning('id')
        .executeTakeFirstOrThrow(),
    findToken: async (hash) => firstToken(selectTokens(tables).where('tokens.hash', '=', hash)),
    listTokens: async ({ afterId, limit }) => {
      const rows = selectTokens(tables).where('tokens.id', '>', afterId).orderBy('tokens.id').limit(limit)
      return (await rows.execute()).map((row) => toToken(row))
    },
    revokeToken: async (id, atMs) => {
      const live = tables.updateTable('tokens').set({ revoked_at_ms: atMs }).where('id', '=', id)
      await live.where('revoked_at_ms', 'is', null).execute()
      return firstToken(selectTokens(tables).where('tokens.id', '=', id))
    },
    touchToken: async (id, atMs) => {
      const token = tables.updateTable('tokens').set({ last_used_at_ms: atMs }).where('id', '=', id)
      await token
        .where((eb) => eb.or([eb('last_used_at_ms', 'is', null), eb('last_used_at_ms', '<', atMs)]))
        .execute()
    },
  }
}

function selectTokens(tables: Tables) {
  return tables
    .selectFrom('tokens')
    .innerJoin('users', 'users.id', 'tokens.user_id')
    .select(['users.id', 'users.login', 'users.email', 'users.is_administrator', 'users.blocked_at_ms'])
    .select(['tokens.id as tokenId', 'tokens.kind', 'tokens.name', 'tokens.scopes', 'tokens.within'])
    .select(['tokens.expires_at_ms', 'tokens.created_at_ms', 'tokens.revoked_at_ms'])
    .select('tokens.last_used_at_ms')
}

type TokenRow = NonNullable<Awaited<ReturnType<ReturnType<typeof selectTokens>['executeTakeFirst']>>>

async function firstToken(query: ReturnType<typeof selectTokens>): Promise<StoredToken | undefined> {
  const row = await query.executeTakeFirst()
  return row === undefined ? undefined : toToken(row)
}

function toToken(row: TokenRow): StoredToken {
  const { tokenId: id, kind, name, within, scopes } = row
  return {
    id,
    kind,
    name,
    within,
    user: toUser(row),
    isUserBlocked: row.blocked_at_ms !== null,
    scopes: scopes.split(' ') as Scope[],
    expiresAtMs: row.expires_at_ms,
    createdAtMs: row.created_at_ms,
    revokedAtMs: row.revoked_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
  }
}

export function jobTokenQueries(
  tables: Tables,
): Pick<AccessStore, 'createJobToken' | 'findJobToken' | 'isJobBlocked' | 'removeJobTokens'> {
  return {
    createJobToken: async ({ jobId, projectId, userId, hash, expiresAtMs }) => {
      const row = { hash, job_id: jobId, project_id: projectId, user_id: userId, expires_at_ms: expiresAtMs }
      await tables.insertInto('job_tokens').values(row).execute()
    },
    findJobToken: async (hash) => {
      const row = await tables
        .selectFrom('job_tokens')
        .innerJoin('users', 'users.id', 'job_tokens.user_id')
        .select(['users.id', 'login', 'email', 'is_administrator', 'blocked_at_ms'])
        .select(['job_id', 'project_id', 'expires_at_ms'])
        .where('hash', '=', hash)
        .executeTakeFirst()
      if (row === undefined) return undefined
      const { job_id: jobId, project_id: projectId, expires_at_ms: expiresAtMs } = row
      return { jobId, projectId, user: toUser(row), isUserBlocked: row.blocked_at_ms !== null, expiresAtMs }
    },
    isJobBlocked: async (jobId) => {
      const row = await tables
        .selectFrom('job_tokens')
        .innerJoin('users', 'users.id', 'job_tokens.user_id')
        .select('blocked_at_ms')
        .where('job_tokens.job_id', '=', jobId)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined && row.blocked_at_ms !== null
    },
    removeJobTokens: async (jobId) => {
      await tables.deleteFrom('job_tokens').where('job_id', '=', jobId).execute()
    },
  }
}

export function allowanceQueries(
  tables: Tables,
): Pick<AccessStore, 'allowJobs' | 'disallowJobs' | 'listAllowedJobs' | 'allowsJobsOf'> {
  const allowances = tables.selectFrom('job_allowances')
  return {
    allowJobs: async (projectId, fromPath) => {
      await tables
        .insertInto('job_allowances')
        .values({ project_id: projectId, from_key: fromPath.toLowerCase() })
        .onConflict((conflict) => conflict.columns(['project_id', 'from_key']).doNothing())
        .execute()
    },
    disallowJobs: async (projectId, fromPath) => {
      const own = tables.deleteFrom('job_allowances').where('project_id', '=', projectId)
      const one = own.where('from_key', '=', fromPath.toLowerCase())
      return (await one.executeTakeFirstOrThrow()).numDeletedRows > 0n
    },
    listAllowedJobs: async (projectId, limit) => {
      const rows = allowances.select('from_key').where('project_id', '=', projectId).orderBy('from_key')
      return (await rows.limit(limit).execute()).map((row) => row.from_key)
    },
    allowsJobsOf: async (projectId, fromProjectId) => {
      const from = await tables
        .selectFrom('projects')
        .select('path_key')
        .where('id', '=', fromProjectId)
        .executeTakeFirst()
      if (from === undefined) return false
      const own = allowances.select('from_key').where('project_id', '=', projectId)
      const one = own.where('from_key', 'in', pathsAbove(from.path_key))
      return (await one.limit(1).executeTakeFirst()) !== undefined
    },
  }
}
