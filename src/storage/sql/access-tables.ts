import type { Generated, Kysely } from 'kysely'
import type { Role, TokenKind, UserKind, Visibility } from '../../access/index.ts'
import type { ColumnTypes, Steps } from './steps.ts'

/** Tables of `access.ts` and how they came to be. */
export type AccessTables = {
  /** Every path in use, in lower case: what makes projects and namespaces unique together. */
  readonly paths: { readonly key: string }
  readonly namespaces: { readonly id: Generated<number>; readonly path: string }
  readonly projects: {
    readonly id: Generated<number>
    readonly namespace_id: number
    readonly path: string
    /** In lower case, as everywhere: by it the projects below a group are found. */
    readonly path_key: string
    readonly name: string
    readonly visibility: Visibility
    readonly default_branch: string
    readonly created_at_ms: number
  }
  readonly users: {
    readonly id: Generated<number>
    readonly login: string
    readonly login_key: string
    readonly email: string
    readonly is_administrator: number
    readonly created_at_ms: number
    readonly kind: UserKind
    readonly blocked_at_ms: number | null
  }
  readonly members: {
    readonly user_id: number
    /** Of the project or the namespace. */
    readonly path_key: string
    readonly role: Role
  }
  readonly tokens: {
    readonly id: Generated<number>
    readonly user_id: number
    readonly hash: string
    /** Names with a space between them. */
    readonly scopes: string
    readonly expires_at_ms: number | null
    readonly created_at_ms: number
    readonly kind: TokenKind
    readonly name: string
    readonly within: string | null
    readonly revoked_at_ms: number | null
    readonly last_used_at_ms: number | null
  }
  readonly job_tokens: {
    readonly hash: string
    readonly job_id: number
    readonly project_id: number
    readonly user_id: number
    readonly expires_at_ms: number
  }
  /** Whose jobs act with the rights of their users in a project. */
  readonly job_allowances: {
    readonly project_id: number
    /** Of a project or a namespace. */
    readonly from_key: string
  }
}

export const accessMigrations: Steps = {
  '0001-access': {
    up: async (database, types) => {
      await createProjectTables(database, types)
      await createUserTables(database, types)
      await createJobTokenTable(database)
    },
  },
  '0010-members': { up: createMemberTable },
  '0012-people': {
    up: async (database) => {
      await keyProjects(database)
      await widenUsers(database)
      await widenTokens(database)
    },
  },
  '0013-job-allowances': { up: createAllowanceTable },
}

async function createProjectTables({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('paths')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .execute()
  await schema
    .createTable('namespaces')
    .addColumn('id', ...types.id)
    .addColumn('path', 'text', (column) => column.notNull().unique())
    .execute()
  await schema
    .createTable('projects')
    .addColumn('id', ...types.id)
    .addColumn('namespace_id', 'integer', (column) => column.notNull().references('namespaces.id'))
    .addColumn('path', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('visibility', 'text', (column) => column.notNull())
    .addColumn('default_branch', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
}

async function createUserTables({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('users')
    .addColumn('id', ...types.id)
    .addColumn('login', 'text', (column) => column.notNull())
    .addColumn('login_key', 'text', (column) => column.notNull().unique())
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('is_administrator', 'integer', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('tokens')
    .addColumn('id', ...types.id)
    .addColumn('user_id', 'integer', (column) => column.notNull().references('users.id'))
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('scopes', 'text', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
}

async function createJobTokenTable({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('job_tokens')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('job_id', 'integer', (column) => column.notNull())
    .addColumn('project_id', 'integer', (column) => column.notNull().references('projects.id'))
    .addColumn('user_id', 'integer', (column) => column.notNull().references('users.id'))
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('job_tokens_job').on('job_tokens').column('job_id').execute()
}

/** A member moves and goes with the path, which is nobody else's as long as it stands. */
async function createMemberTable({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('members')
    .addColumn('user_id', 'integer', (column) => column.notNull().references('users.id'))
    .addColumn('path_key', 'text', (column) =>
      column.notNull().references('paths.key').onUpdate('cascade').onDelete('cascade'),
    )
    .addColumn('role', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('members_key', ['path_key', 'user_id'])
    .execute()
}

async function keyProjects(database: Kysely<unknown>): Promise<void> {
  const { schema } = database
  await schema
    .alterTable('projects')
    .addColumn('path_key', 'text', (column) => column.notNull().defaultTo(''))
    .execute()
  const projects = database.$extendTables<Pick<AccessTables, 'projects'>>()
  await projects
    .updateTable('projects')
    .set(({ fn }) => ({ path_key: fn<string>('lower', ['path']) }))
    .execute()
  const index = (name: string) => schema.createIndex(name).on('projects')
  await index('projects_path').unique().column('path_key').execute()
  await index('projects_visibility').columns(['visibility', 'id']).execute()
  await index('projects_visibility_path').columns(['visibility', 'path_key']).execute()
}

/** Whoever was an administrator stays one. */
async function widenUsers({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .alterTable('users')
    .addColumn('kind', 'text', (column) => column.notNull().defaultTo('person'))
    .execute()
  await schema.alterTable('users').addColumn('blocked_at_ms', 'bigint').execute()
  const index = schema.createIndex('members_user').on('members').unique()
  await index.columns(['user_id', 'path_key']).execute()
}

/** Tokens of before have no name and no bound, and go on. */
async function widenTokens({ schema }: Kysely<unknown>): Promise<void> {
  const table = () => schema.alterTable('tokens')
  await table()
    .addColumn('kind', 'text', (column) => column.notNull().defaultTo('personal'))
    .execute()
  await table()
    .addColumn('name', 'text', (column) => column.notNull().defaultTo(''))
    .execute()
  await table().addColumn('within', 'text').execute()
  await table().addColumn('revoked_at_ms', 'bigint').execute()
  await table().addColumn('last_used_at_ms', 'bigint').execute()
}

async function createAllowanceTable({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('job_allowances')
    .addColumn('project_id', 'integer', (column) => column.notNull().references('projects.id'))
    .addColumn('from_key', 'text', (column) =>
      column.notNull().references('paths.key').onUpdate('cascade').onDelete('cascade'),
    )
    .addPrimaryKeyConstraint('job_allowances_key', ['project_id', 'from_key'])
    .execute()
}
