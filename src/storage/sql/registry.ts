import type { Kysely, Transaction } from 'kysely'
import type {
  AddedFile,
  Forwarding,
  ForwardingSetting,
  NewFile,
  PackageKey,
  RegistryStore,
  StoredFile,
} from '../../registry/index.ts'
import type { Database } from './database.ts'
import type { RegistryTables } from './registry-tables.ts'
import { alone } from './transactions.ts'

export { registryMigrations } from './registry-tables.ts'

type Tables = Kysely<RegistryTables>
type Step = Transaction<RegistryTables>

export function createRegistryStore(database: Database): RegistryStore {
  const tables = database.$extendTables<RegistryTables>()
  return {
    addUnique: (file, uniqueKey) => alone(tables, (step) => addUnique(step, file, uniqueKey)),
    append: (file) => alone(tables, (step) => append(step, file)),
    findUnique: (key, uniqueKey) => first(filesOfPackage(tables, key).where('unique_key', '=', uniqueKey)),
    findNewest: (key, fileName) => first(newest(tables, key, fileName)),
    listFiles: async (key, { afterId, limit }) => {
      const files = filesOfName(tables, key).where('package_files.id', '>', afterId)
      return (await files.orderBy('package_files.id').limit(limit).execute()).map(toFile)
    },
    listNewest: async (key, page) => (await newestOf(tables, key, page).execute()).map(toFile),
    listNames: async ({ projectId, kind }, { after, limit }) => {
      const names = tables.selectFrom('package_names').select('name_key').where('project_id', '=', projectId)
      const page = names
        .where('kind', '=', kind)
        .where('name_key', '>', after)
        .orderBy('name_key')
        .limit(limit)
      return (await page.execute()).map(({ name_key }) => name_key)
    },
    ...forwardingQueries(tables),
    revision: async (projectId) => {
      const revisions = tables.selectFrom('package_revisions').select('revision')
      return (await revisions.where('project_id', '=', projectId).executeTakeFirst())?.revision ?? 0
    },
  }
}

async function addUnique(step: Step, file: NewFile, uniqueKey: string): Promise<AddedFile> {
  const isNew = await insertFile(step, file, uniqueKey)
  if (isNew) await raiseRevision(step, file.projectId, file.createdAtMs)
  const stands = filesOfPackage(step, file).where('unique_key', '=', uniqueKey)
  return { file: toFile(await stands.executeTakeFirstOrThrow()), isNew }
}

async function append(step: Step, file: NewFile): Promise<AddedFile> {
  const before = await first(newest(step, file, file.fileName))
  if (before?.sha256 === file.sha256) return { file: before, isNew: false }
  await insertFile(step, file, null)
  await raiseRevision(step, file.projectId, file.createdAtMs)
  return { file: toFile(await newest(step, file, file.fileName).executeTakeFirstOrThrow()), isNew: true }
}

async function raiseRevision(step: Step, projectId: number, atMs: number): Promise<void> {
  await step
    .insertInto('package_revisions')
    .values({ project_id: projectId, revision: atMs })
    .onConflict((conflict) =>
      conflict.column('project_id').doUpdateSet((row) => ({
        revision: row
          .case()
          .when('package_revisions.revision', '<', row.ref('excluded.revision'))
          .then(row.ref('excluded.revision'))
          .else(row('package_revisions.revision', '+', 1))
          .end(),
      })),
    )
    .execute()
}

async function insertFile(step: Step, file: NewFile, uniqueKey: string | null): Promise<boolean> {
  const nameId = await ensureName(step, file)
  const row = {
    name_id: nameId,
    package_id: await ensurePackage(step, file, nameId),
    file_name: file.fileName,
    unique_key: uniqueKey,
    sha256: file.sha256,
    size: file.size,
    requires_python: file.requiresPython,
    created_at_ms: file.createdAtMs,
    project_id: file.projectId,
    kind: file.kind,
  }
  const inserted = await step
    .insertInto('package_files')
    .values(row)
    .onConflict((conflict) => conflict.columns(['package_id', 'unique_key']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

async function ensureName(step: Step, { projectId, kind, nameKey, name }: NewFile): Promise<number> {
  await step
    .insertInto('package_names')
    .values({ project_id: projectId, kind, name_key: nameKey, name })
    .onConflict((conflict) => conflict.columns(['project_id', 'kind', 'name_key']).doNothing())
    .execute()
  const named = step.selectFrom('package_names').select('id').where('project_id', '=', projectId)
  const found = named.where('kind', '=', kind).where('name_key', '=', nameKey)
  return (await found.executeTakeFirstOrThrow()).id
}

async function ensurePackage(step: Step, file: NewFile, nameId: number): Promise<number> {
  const { versionKey, version, createdAtMs } = file
  await step
    .insertInto('packages')
    .values({ name_id: nameId, version_key: versionKey, version, created_at_ms: createdAtMs })
    .onConflict((conflict) => conflict.columns(['name_id', 'version_key']).doNothing())
    .execute()
  const versions = step.selectFrom('packages').select('id').where('name_id', '=', nameId)
  return (await versions.where('version_key', '=', versionKey).executeTakeFirstOrThrow()).id
}

/**
 * The files of one version of a name. Joined by name, package, file and no other way: told that the file has the name's
 * id too, a planner may read all files of the name instead.
 */
function filesOfPackage(tables: Tables, { versionKey, ...key }: PackageKey) {
  return filedUnder(tables, key)
    .innerJoin('packages', 'packages.name_id', 'package_names.id')
    .innerJoin('package_files', 'package_files.package_id', 'packages.id')
    .selectAll('package_files')
    .select(['package_names.name', 'packages.version'])
    .where('version_key', '=', versionKey)
}

/** The files of all versions of a name. */
function filesOfName(tables: Tables, key: NameKey) {
  return filedUnder(tables, key)
    .innerJoin('package_files', 'package_files.name_id', 'package_names.id')
    .innerJoin('packages', 'packages.id', 'package_files.package_id')
    .selectAll('package_files')
    .select(['package_names.name', 'packages.version'])
}

type NameKey = Omit<PackageKey, 'versionKey'>

function filedUnder(tables: Tables, { projectId, kind, nameKey }: NameKey) {
  return tables
    .selectFrom('package_names')
    .where('package_names.project_id', '=', projectId)
    .where('package_names.kind', '=', kind)
    .where('name_key', '=', nameKey)
}

function newest(tables: Tables, key: PackageKey, fileName: string) {
  const files = filesOfPackage(tables, key).where('file_name', '=', fileName)
  return files.orderBy('package_files.id', 'desc').limit(1)
}

function newestOf(
  tables: Tables,
  { projectId, kind }: Pick<PackageKey, 'projectId' | 'kind'>,
  { beforeId, limit }: Parameters<RegistryStore['listNewest']>[1],
) {
  return tables
    .selectFrom('package_files')
    .innerJoin('packages', 'packages.id', 'package_files.package_id')
    .innerJoin('package_names', 'package_names.id', 'package_files.name_id')
    .selectAll('package_files')
    .select(['package_names.name', 'packages.version'])
    .where('package_files.project_id', '=', projectId)
    .where('package_files.kind', '=', kind)
    .where('package_files.id', '<', beforeId)
    .orderBy('package_files.id', 'desc')
    .limit(limit)
}

async function first(query: ReturnType<typeof filesOfPackage>): Promise<StoredFile | undefined> {
  const row = await query.executeTakeFirst()
  return row === undefined ? undefined : toFile(row)
}

interface FileRow {
  readonly id: number
  readonly package_id: number
  readonly name: string
  readonly version: string
  readonly file_name: string
  readonly sha256: string
  readonly size: number
  readonly requires_python: string | null
  readonly created_at_ms: number
}

function toFile(row: FileRow): StoredFile {
  return {
    id: row.id,
    packageId: row.package_id,
    name: row.name,
    version: row.version,
    fileName: row.file_name,
    sha256: row.sha256,
    size: row.size,
    requiresPython: row.requires_python,
    createdAtMs: row.created_at_ms,
  }
}

function forwardingQueries(tables: Tables): Pick<RegistryStore, 'findForwarding' | 'setForwarding'> {
  return {
    findForwarding: async (projectId) => {
      const forwardings = tables.selectFrom('forwardings').selectAll().where('project_id', '=', projectId)
      const row = await forwardings.executeTakeFirst()
      return row === undefined
        ? undefined
        : { indexUrl: row.index_url, names: JSON.parse(row.names) as Forwarding['names'] }
    },
    setForwarding: (projectId, setting) => alone(tables, (step) => setForwarding(step, projectId, setting)),
  }
}

async function setForwarding(
  step: Step,
  projectId: number,
  { forwarding, setAtMs }: ForwardingSetting,
): Promise<void> {
  await raiseRevision(step, projectId, setAtMs)
  if (forwarding === undefined) {
    await step.deleteFrom('forwardings').where('project_id', '=', projectId).execute()
    return
  }
  const row = { index_url: forwarding.indexUrl, names: JSON.stringify(forwarding.names) }
  await step
    .insertInto('forwardings')
    .values({ project_id: projectId, ...row })
    .onConflict((conflict) => conflict.column('project_id').doUpdateSet(row))
    .execute()
}
