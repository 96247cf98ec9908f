import type { Kysely, Transaction } from 'kysely'
import type { AccessStore, NewProject, Project } from '../../access/index.ts'
import { memberQueries, roleQueries, userQueries } from './access-people.ts'
import type { AccessTables } from './access-tables.ts'
import { allowanceQueries, jobTokenQueries, tokenQueries } from './access-tokens.ts'
import type { Database } from './database.ts'
import { keysBelow } from './access-keys.ts'
import { alone } from './transactions.ts'

export { accessMigrations } from './access-tables.ts'

type Tables = Kysely<AccessTables>

export function createAccessStore(database: Database): AccessStore {
  const tables = database.$extendTables<AccessTables>()
  return {
    ...projectQueries(tables),
    ...groupQueries(tables),
    ...userQueries(tables),
    ...memberQueries(tables),
    ...roleQueries(tables),
    ...tokenQueries(tables),
    ...jobTokenQueries(tables),
    ...allowanceQueries(tables),
  }
}

function projectQueries(
  tables: Tables,
): Pick<
  AccessStore,
  'createProject' | 'findProject' | 'findProjectByPath' | 'listProjects' | 'listProjectIds'
> {
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
    listProjectIds: async ({ visibility, limit }) => {
      const all = tables.selectFrom('projects').select('id').orderBy('id', 'desc').limit(limit)
      const rows =
        visibility === undefined ? all.where('id', '>', 0) : all.where('visibility', '=', visibility)
      return (await rows.execute()).map(({ id }) => id)
    },
  }
}

function groupQueries(
  tables: Tables,
): Pick<AccessStore, 'listProjectIdsAt' | 'hasProjectBelow' | 'findGroup' | 'findGroupByPath'> {
  const groups = tables.selectFrom('namespaces').select(['id', 'path'])
  return {
    listProjectIdsAt: (path, limit) => listProjectIdsAt(tables, path.toLowerCase(), limit),
    hasProjectBelow: async (path, visibility) => {
      const { from, to } = keysBelow(path)
      const projects = tables.selectFrom('projects').select('id').where('visibility', '=', visibility)
      const below = projects.where('path_key', '>', from).where('path_key', '<', to)
      return (await below.limit(1).executeTakeFirst()) !== undefined
    },
    findGroup: (id) => groups.where('id', '=', id).executeTakeFirst(),
    findGroupByPath: (path) => groups.where('path', '=', path).executeTakeFirst(),
  }
}

async function listProjectIdsAt(tables: Tables, key: string, limit: number): Promise<readonly number[]> {
  const projects = tables.selectFrom('projects').select('id')
  const itself = await projects.where('path_key', '=', key).executeTakeFirst()
  if (itself !== undefined) return [itself.id]
  const { from, to } = keysBelow(key)
  const below = projects.where('path_key', '>', from).where('path_key', '<', to)
  return (await below.limit(limit).execute()).map(({ id }) => id)
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
      path_key: path.toLowerCase(),
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
