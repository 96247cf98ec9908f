import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { PublisherStore, StoredPublisher, UploadGrant } from '../../access/index.ts'
import type { Database } from './database.ts'
import type { ColumnTypes, Steps } from './steps.ts'
import { alone } from './transactions.ts'

type PublisherTables = {
  readonly publishers: {
    readonly id: Generated<number>
    readonly project_id: number
    readonly issuer: string
    readonly ci_project_path: string
    readonly ci_project_id: string | null
    readonly ref: string
    readonly config_file: string
    readonly created_at_ms: number
  }
  /** A row for each rule that lets the token. */
  readonly upload_tokens: {
    readonly hash: string
    readonly publisher_id: number
    readonly project_id: number
    readonly job_id: number | null
    readonly expires_at_ms: number
  }
  readonly used_id_tokens: { readonly key: string; readonly expires_at_ms: number }
}

export const publisherMigrations: Steps = {
  '0018-publishers': {
    up: async (database, types) => {
      await createPublisherTable(database, types)
      await createTokenTables(database, types)
    },
  },
}

async function createPublisherTable({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('publishers')
    .addColumn('id', ...types.id)
    .addColumn('project_id', 'integer', (column) => column.notNull())
    .addColumn('issuer', 'text', (column) => column.notNull())
    .addColumn('ci_project_path', 'text', (column) => column.notNull())
    .addColumn('ci_project_id', 'text')
    .addColumn('ref', 'text', (column) => column.notNull())
    .addColumn('config_file', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', types.number, (column) => column.notNull())
    .addUniqueConstraint('publishers_rule', ['project_id', 'issuer', 'ci_project_path', 'ref', 'config_file'])
    .execute()
  await schema.createIndex('publishers_project').on('publishers').columns(['project_id', 'id']).execute()
  await schema
    .createIndex('publishers_pipeline')
    .on('publishers')
    .columns(['issuer', 'ci_project_path', 'id'])
    .execute()
}

async function createTokenTables({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('upload_tokens')
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('publisher_id', 'integer', (column) => column.notNull())
    .addColumn('project_id', 'integer', (column) => column.notNull())
    .addColumn('job_id', 'integer')
    .addColumn('expires_at_ms', types.number, (column) => column.notNull())
    .addPrimaryKeyConstraint('upload_tokens_key', ['hash', 'publisher_id'])
    .execute()
  await schema.createIndex('upload_tokens_expiry').on('upload_tokens').column('expires_at_ms').execute()
  await schema.createIndex('upload_tokens_rule').on('upload_tokens').column('publisher_id').execute()
  await schema
    .createTable('used_id_tokens')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('expires_at_ms', types.number, (column) => column.notNull())
    .execute()
  await schema.createIndex('used_id_tokens_expiry').on('used_id_tokens').column('expires_at_ms').execute()
}

type Tables = Kysely<PublisherTables>
type Step = Transaction<PublisherTables>

export function createPublisherStore(database: Database): PublisherStore {
  const tables = database.$extendTables<PublisherTables>()
  return {
    add: (publisher) => alone(tables, (step) => add(step, publisher)),
    list: async (projectId, { afterId, limit }) => {
      const some = tables.selectFrom('publishers').selectAll().where('project_id', '=', projectId)
      const rows = await some.where('id', '>', afterId).orderBy('id').limit(limit).execute()
      return rows.map(toPublisher)
    },
    remove: (projectId, publisherId) => alone(tables, (step) => remove(step, projectId, publisherId)),
    findFor: async ({ issuer, ciProjectPath }, limit) => {
      const some = tables.selectFrom('publishers').selectAll().where('issuer', '=', issuer)
      const rows = some.where('ci_project_path', '=', ciProjectPath).orderBy('id').limit(limit)
      return (await rows.execute()).map(toPublisher)
    },
    ...tokenQueries(tables),
  }
}

async function add(step: Step, publisher: Omit<StoredPublisher, 'id'>): Promise<StoredPublisher> {
  const { projectId, issuer, ciProjectPath, ciProjectId, ref, configFile, createdAtMs } = publisher
  const rule = {
    project_id: projectId,
    issuer,
    ci_project_path: ciProjectPath,
    ref,
    config_file: configFile,
  }
  await step
    .insertInto('publishers')
    .values({ ...rule, ci_project_id: ciProjectId, created_at_ms: createdAtMs })
    .onConflict((conflict) =>
      conflict.columns(['project_id', 'issuer', 'ci_project_path', 'ref', 'config_file']).doNothing(),
    )
    .execute()
  const stands = step
    .selectFrom('publishers')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('issuer', '=', issuer)
    .where('ci_project_path', '=', ciProjectPath)
    .where('ref', '=', ref)
    .where('config_file', '=', configFile)
  return toPublisher(await stands.executeTakeFirstOrThrow())
}

async function remove(step: Step, projectId: number, publisherId: number): Promise<boolean> {
  const removed = await step
    .deleteFrom('publishers')
    .where('id', '=', publisherId)
    .where('project_id', '=', projectId)
    .returning('id')
    .executeTakeFirst()
  if (removed === undefined) return false
  await step.deleteFrom('upload_tokens').where('publisher_id', '=', publisherId).execute()
  return true
}

function tokenQueries(
  tables: Tables,
): Pick<PublisherStore, 'grant' | 'findUploadToken' | 'removeUploadToken'> {
  return {
    grant: (grant, nowMs) => alone(tables, (step) => give(step, grant, nowMs)),
    findUploadToken: async (hash) => {
      const rows = await tables.selectFrom('upload_tokens').selectAll().where('hash', '=', hash).execute()
      const [first] = rows
      if (first === undefined) return undefined
      const projectIds = [...new Set(rows.map(({ project_id }) => project_id))]
      return { projectIds, jobId: first.job_id, expiresAtMs: first.expires_at_ms }
    },
    removeUploadToken: async (hash) => {
      await tables.deleteFrom('upload_tokens').where('hash', '=', hash).execute()
    },
  }
}

async function give(step: Step, grant: UploadGrant, nowMs: number): ReturnType<PublisherStore['grant']> {
  await dropExpired(step, nowMs)
  const rules = []
  for (const id of grant.publisherIds) rules.push(...(await standing(step, id, grant.ciProjectId)))
  if (rules.length === 0) return 'none'
  const first = await step
    .insertInto('used_id_tokens')
    .values({ key: grant.idToken.key, expires_at_ms: grant.idToken.expiresAtMs })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .returning('key')
    .executeTakeFirst()
  if (first === undefined) return 'used'
  for (const rule of rules) await giveFor(step, rule, grant)
  return 'granted'
}

type Rule = Pick<Selectable<PublisherTables['publishers']>, 'id' | 'project_id'>

/** One or none. */
async function standing(step: Step, id: number, ciProjectId: string): Promise<readonly Rule[]> {
  const rules = step.selectFrom('publishers').select(['id', 'project_id', 'ci_project_id'])
  const rows = await rules.where('id', '=', id).execute()
  return rows.filter(({ ci_project_id: known }) => known === null || known === ciProjectId)
}

async function giveFor(step: Step, rule: Rule, grant: UploadGrant): Promise<void> {
  const { hash, jobId, expiresAtMs, ciProjectId } = grant
  await step
    .insertInto('upload_tokens')
    .values({
      hash,
      publisher_id: rule.id,
      project_id: rule.project_id,
      job_id: jobId,
      expires_at_ms: expiresAtMs,
    })
    .execute()
  await step.updateTable('publishers').set({ ci_project_id: ciProjectId }).where('id', '=', rule.id).execute()
}

/** Each row goes once, so that who comes next has no more to do. */
async function dropExpired(step: Step, nowMs: number): Promise<void> {
  await step.deleteFrom('upload_tokens').where('expires_at_ms', '<', nowMs).execute()
  await step.deleteFrom('used_id_tokens').where('expires_at_ms', '<', nowMs).execute()
}

function toPublisher(row: Selectable<PublisherTables['publishers']>): StoredPublisher {
  return {
    id: row.id,
    projectId: row.project_id,
    issuer: row.issuer,
    ciProjectPath: row.ci_project_path,
    ciProjectId: row.ci_project_id,
    ref: row.ref,
    configFile: row.config_file,
    createdAtMs: row.created_at_ms,
  }
}
