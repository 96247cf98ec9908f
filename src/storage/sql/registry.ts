import type { AddedFile, NewFile, PackageKey, RegistryStore } from '../../registry/index.ts'
import type { Database } from './database.ts'
import {
  filesOfName,
  filesOfPackage,
  first,
  NO,
  toFile,
  withNames,
  YES,
  type Step,
  type Tables,
} from './registry-rows.ts'
import { settingQueries } from './registry-settings.ts'
import { raiseRevision, setShown, stateChanges } from './registry-states.ts'
import type { RegistryTables } from './registry-tables.ts'
import { alone } from './transactions.ts'

export { registryMigrations } from './registry-tables.ts'

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
    listFilesBefore: async (key, { beforeId, limit }) => {
      const files = filesOfName(tables, key).where('package_files.id', '<', beforeId)
      return (await files.orderBy('package_files.id', 'desc').limit(limit).execute()).map(toFile)
    },
    listShownFiles: async (key, { afterId, limit }) => {
      const shown = filesOfName(tables, key).where('package_files.is_shown', '=', YES)
      const files = shown.where('package_files.id', '>', afterId).orderBy('package_files.id').limit(limit)
      return (await files.execute()).map(toFile)
    },
    listNewest: async (key, page) => (await newestOf(tables, key, page).execute()).map(toFile),
    ...nameQueries(tables),
    ...stateChanges(tables),
    ...settingQueries(tables),
    revision: async (projectId) => {
      const revisions = tables.selectFrom('package_revisions').select('revision')
      return (await revisions.where('project_id', '=', projectId).executeTakeFirst())?.revision ?? 0
    },
  }
}

/** Lists of packages, and of the projects that have one. */
function nameQueries(tables: Tables): Pick<RegistryStore, 'listNames' | 'listProjectsWith'> {
  return {
    listNames: async ({ projectId, kind }, { after, limit }) => {
      const names = tables.selectFrom('package_names').select('name_key').where('project_id', '=', projectId)
      const page = names
        .where('kind', '=', kind)
        .where('is_shown', '=', YES)
        .where('name_key', '>', after)
        .orderBy('name_key')
        .limit(limit)
      return (await page.execute()).map(({ name_key }) => name_key)
    },
    listProjectsWith: async ({ kind, nameKey }, { afterId, limit }) => {
      const named = tables.selectFrom('package_names').select('project_id').where('kind', '=', kind)
      const projects = named.where('name_key', '=', nameKey).where('project_id', '>', afterId)
      return (await projects.orderBy('project_id').limit(limit).execute()).map(({ project_id }) => project_id)
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

/** Whether it is new: a unique key that is taken stands. */
export async function insertFile(step: Step, file: NewFile, uniqueKey: string | null): Promise<boolean> {
  const nameId = await ensureName(step, file)
  const isShown = file.isListed === false ? NO : YES
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
    metadata_sha256: file.metadata?.sha256 ?? null,
    metadata_size: file.metadata?.size ?? null,
    is_listed: isShown,
    is_shown: isShown,
    ...madeBy(file),
  }
  const inserted = await step
    .insertInto('package_files')
    .values(row)
    .onConflict((conflict) => conflict.columns(['package_id', 'unique_key']).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (inserted !== undefined && isShown === YES) await setShown(step, nameId, YES)
  return inserted !== undefined
}

function madeBy({ madeBy: maker }: NewFile) {
  return { user_id: maker?.userId ?? null, job_id: maker?.jobId ?? null }
}

async function ensureName(step: Step, { projectId, kind, nameKey, name }: NewFile): Promise<number> {
  await step
    .insertInto('package_names')
    .values({ project_id: projectId, kind, name_key: nameKey, name, is_shown: NO })
    .onConflict((conflict) => conflict.columns(['project_id', 'kind', 'name_key']).doNothing())
    .execute()
  const named = step.selectFrom('package_names').select('id').where('project_id', '=', projectId)
  const found = named.where('kind', '=', kind).where('name_key', '=', nameKey)
  return (await found.executeTakeFirstOrThrow()).id
}

async function ensurePackage(step: Step, file: NewFile, nameId: number): Promise<number> {
  const { versionKey, version, createdAtMs, projectId, kind } = file
  await step
    .insertInto('packages')
    .values({
      name_id: nameId,
      version_key: versionKey,
      version,
      created_at_ms: createdAtMs,
      project_id: projectId,
      kind,
    })
    .onConflict((conflict) => conflict.columns(['name_id', 'version_key']).doNothing())
    .execute()
  const versions = step.selectFrom('packages').select('id').where('name_id', '=', nameId)
  return (await versions.where('version_key', '=', versionKey).executeTakeFirstOrThrow()).id
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
  return withNames(tables)
    .where('package_files.project_id', '=', projectId)
    .where('package_files.kind', '=', kind)
    .where('package_files.is_shown', '=', YES)
    .where('package_files.id', '<', beforeId)
    .orderBy('package_files.id', 'desc')
    .limit(limit)
}
