import type { Kysely, Transaction } from 'kysely'
import type { AccessStore, NewProject, Project, Scope, User } from '../../access/index.ts'
import type { AccessTables } from './access-tables.ts'
import type { Database } from './database.ts'
import { alone } from './transactions.ts'

export { accessMigrations } from './access-tables.ts'

type Tables = Kysely<AccessTables>

export function createAccessStore(database: Database): AccessStore {
  const tables = database.$extendTables<AccessTables>()
  return {
    ...projectQueries(tables),
    ...userQueries(tables),
    ...memberQueries(tables),
    ...tokenQueries(tables),
    ...jobTokenQueries(tables),
  }
}

function projectQueries(
  tables: Tables,
): Pick<AccessStore, 'createProject' | 'findProject' | 'findProjectByPath' | 'listProjects'> {
  return {
    createProject: (project) => createProject(tables, project),
    findProject: async (id) => firstProject(selectProjects(tables).where('projects.id', '=', id)),
    findProjectByPath: async (path) => firstProject(selectProjects(tables).where('projects.path', '=', path)),
    listProjects: async ({ afterId, limit }) => {
      const rows = selectProjects(tables)
        .where('projects.id', '>', afterId)
        .orderBy('projects.id')
        .limit(limit)
      return (await rows.execute()).map(toProject)
    },
  }
}

/** Refusing is an outcome, not a failure: what the transaction had written by then is rolled back by this. */
class PathTaken extends Error {}

async function createProject(tables: Tables, project: NewProject): Promise<Project | undefined> {
  try {
    return await alone(tables, (step) => insertProject(step, project))
  } catch (error) {
    if (error instanceof PathTaken) return undefined
    throw error
  }
}

async function insertProject(step: Transaction<AccessTables>, project: NewProject): Promise<Project> {
  let namespaceId = 0
  for (const path of project.namespaces) namespaceId = await ensureNamespace(step, path)
  await takePath(step, project.path)
  const { path, name, visibility, defaultBranch, createdAtMs } = project
  const { id } = await step
    .insertInto('projects')
    .values({
      namespace_id: namespaceId,
      path,
      name,
      visibility,
      default_branch: defaultBranch,
      created_at_ms: createdAtMs,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  const namespacePath = project.namespaces.at(-1) ?? ''
  return { id, path, name, namespaceId, namespacePath, visibility, defaultBranch }
}

async function ensureNamespace(step: Transaction<AccessTables>, path: string): Promise<number> {
  const found = await step.selectFrom('namespaces').select('id').where('path', '=', path).executeTakeFirst()
  if (found !== undefined) return found.id
  await takePath(step, path)
  return (await step.insertInto('namespaces').values({ path }).returning('id').executeTakeFirstOrThrow()).id
}

async function takePath(step: Transaction<AccessTables>, path: string): Promise<void> {
  const taken = await step
    .insertInto('paths')
    .values({ key: path.toLowerCase() })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .returning('key')
    .executeTakeFirst()
  if (taken === undefined) throw new PathTaken(path)
}

function selectProjects(tables: Tables) {
  return tables
    .selectFrom('projects')
    .innerJoin('namespaces', 'namespaces.id', 'projects.namespace_id')
    .select([
      'projects.id',
      'projects.path',
      'projects.name',
      'projects.visibility',
      'projects.namespace_id as namespaceId',
      'projects.default_branch as defaultBranch',
      'namespaces.path as namespacePath',
    ])
}

async function firstProject(query: ReturnType<typeof selectProjects>): Promise<Project | undefined> {
  const row = await query.executeTakeFirst()
  return row === undefined ? undefined : toProject(row)
}

function toProject(row: Project): Project {
  const { id, path, name, namespaceId, namespacePath, visibility, defaultBranch } = row
  return { id, path, name, namespaceId, namespacePath, visibility, defaultBranch }
}

function userQueries(tables: Tables): Pick<AccessStore, 'ensureUser'> {
  return {
    ensureUser: async ({ login, email, isAdministrator, createdAtMs }) => {
      const login_key = login.toLowerCase()
      await tables
        .insertInto('users')
        .values({
          login,
          login_key,
          email,
          is_administrator: isAdministrator ? 1 : 0,
          created_at_ms: createdAtMs,
        })
        .onConflict((conflict) => conflict.column('login_key').doNothing())
        .execute()
      const users = tables.selectFrom('users').select(['id', 'login', 'email', 'is_administrator'])
      return toUser(await users.where('login_key', '=', login_key).executeTakeFirstOrThrow())
    },
  }
}

interface UserColumns {
  readonly id: number
  readonly login: string
  readonly email: string
  readonly is_administrator: number
}

function toUser({ id, login, email, is_administrator }: UserColumns): User {
  return { id, login, email, isAdministrator: is_administrator === 1 }
}

function memberQueries(tables: Tables): Pick<AccessStore, 'setMember' | 'findRoles'> {
  return {
    setMember: async ({ userId, path, role }) => {
      await tables
        .insertInto('members')
        .values({ user_id: userId, path_key: path.toLowerCase(), role })
        .onConflict((conflict) => conflict.columns(['path_key', 'user_id']).doUpdateSet({ role }))
        .execute()
    },
    findRoles: async (userId, path) => {
      const members = tables.selectFrom('members').select('role').where('user_id', '=', userId)
      const rows = await members.where('path_key', 'in', pathsAbove(path.toLowerCase())).execute()
      return rows.map(({ role }) => role)
    },
  }
}

/** And the path itself. */
function pathsAbove(path: string): readonly string[] {
  const segments = path.split('/')
  return segments.map((_segment, index) => segments.slice(0, index + 1).join('/'))
}

function tokenQueries(tables: Tables): Pick<AccessStore, 'createToken' | 'findToken'> {
  return {
    createToken: ({ userId, hash, scopes, expiresAtMs, createdAtMs }) =>
      tables
        .insertInto('tokens')
        .values({
          user_id: userId,
          hash,
          scopes: scopes.join(' '),
          expires_at_ms: expiresAtMs,
          created_at_ms: createdAtMs,
        })
        .returning('id')
        .executeTakeFirstOrThrow(),
    findToken: async (hash) => {
      const row = await tables
        .selectFrom('tokens')
        .innerJoin('users', 'users.id', 'tokens.user_id')
        .select(['users.id', 'login', 'email', 'is_administrator'])
        .select(['tokens.id as tokenId', 'scopes', 'expires_at_ms'])
        .where('hash', '=', hash)
        .executeTakeFirst()
      if (row === undefined) return undefined
      const { tokenId: id, scopes, expires_at_ms: expiresAtMs } = row
      return { id, user: toUser(row), scopes: scopes.split(' ') as Scope[], expiresAtMs }
    },
  }
}

function jobTokenQueries(
  tables: Tables,
): Pick<AccessStore, 'createJobToken' | 'findJobToken' | 'removeJobTokens'> {
  return {
    createJobToken: async ({ jobId, projectId, userId, hash, expiresAtMs }) => {
      const row = { hash, job_id: jobId, project_id: projectId, user_id: userId, expires_at_ms: expiresAtMs }
      await tables.insertInto('job_tokens').values(row).execute()
    },
    findJobToken: async (hash) => {
      const row = await tables
        .selectFrom('job_tokens')
        .innerJoin('users', 'users.id', 'job_tokens.user_id')
        .select(['users.id', 'login', 'email', 'is_administrator', 'job_id', 'project_id', 'expires_at_ms'])
        .where('hash', '=', hash)
        .executeTakeFirst()
      if (row === undefined) return undefined
      const { job_id: jobId, project_id: projectId, expires_at_ms: expiresAtMs } = row
      return { jobId, projectId, user: toUser(row), expiresAtMs }
    },
    removeJobTokens: async (jobId) => {
      await tables.deleteFrom('job_tokens').where('job_id', '=', jobId).execute()
    },
  }
}
