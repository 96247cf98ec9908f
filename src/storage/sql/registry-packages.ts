import type { FileOrder, PackageRecord, PackagesStore, Slice } from '../../registry/index.ts'
import type { Database } from './database.ts'
import { count, countUpTo, hasLiveFile, listed, toPackage, type PackageRow } from './registry-package-list.ts'
import { NO, type Step, type Tables } from './registry-rows.ts'
import { changeOne } from './registry-states.ts'
import type { RegistryTables } from './registry-tables.ts'
import { alone } from './transactions.ts'

export function createPackagesStore(database: Database): PackagesStore {
  const tables = database.$extendTables<RegistryTables>()
  return {
    list: async (projectId, filter, slice) =>
      withMakers(tables, await listed(tables, projectId, { filter, slice })),
    count: (projectId, filter) => count(tables, projectId, filter),
    find: async (projectId, packageId) => {
      const found = named(tables).where('looked.id', '=', packageId)
      const rows = await found.where('looked.project_id', '=', projectId).execute()
      return (await withMakers(tables, rows))[0]
    },
    otherVersions: async (found, limit) => withMakers(tables, await otherVersions(tables, found, limit)),
    ...fileQueries(tables),
    listJobs: async (packageId, limit) => {
      const jobs = tables.selectFrom('package_files').select('job_id').distinct()
      const page = jobs.where('package_id', '=', packageId).where('job_id', '>', 0)
      const rows = await page.orderBy('job_id', 'desc').limit(limit).execute()
      return rows.flatMap(({ job_id }) => job_id ?? [])
    },
    deleteFile: ({ id }, fileId, atMs) =>
      alone(tables, async (step) => (await deleteEach(step, oneFile(step, id, fileId), atMs)) > 0),
    deleteFiles: ({ id }, limit, atMs) =>
      alone(tables, (step) => deleteEach(step, liveFiles(step, id).orderBy('id').limit(limit), atMs)),
  }
}

function named(tables: Tables) {
  return tables
    .selectFrom('packages as looked')
    .innerJoin('package_names', 'package_names.id', 'looked.name_id')
    .selectAll('looked')
    .select('package_names.name')
}

async function otherVersions(tables: Tables, { id }: PackageRecord, limit: number) {
  const name = tables.selectFrom('packages').select('name_id').where('id', '=', id)
  const { name_id: nameId } = await name.executeTakeFirstOrThrow()
  const others = named(tables).where('looked.name_id', '=', nameId).where('looked.id', '!=', id)
  const living = others.where('looked.is_hidden', '=', NO).where(hasLiveFile)
  return living.orderBy('looked.id', 'desc').limit(limit).execute()
}

/**
 * One look for each row of a page: in the list itself it would be one for each that is passed over. A package without a
 * file is left out.
 */
async function withMakers(tables: Tables, rows: readonly PackageRow[]): Promise<readonly PackageRecord[]> {
  const packages = []
  for (const row of rows) {
    const newest = liveFiles(tables, row.id).orderBy('id', 'desc').limit(1)
    const maker = await newest.executeTakeFirst()
    if (maker !== undefined) packages.push(toPackage(row, { userId: maker.user_id, jobId: maker.job_id }))
  }
  return packages
}

function liveFiles(tables: Tables, packageId: number) {
  return tables
    .selectFrom('package_files')
    .select(['id', 'package_id', 'file_name', 'sha256', 'size', 'created_at_ms', 'user_id', 'job_id'])
    .where('package_id', '=', packageId)
    .where('deleted_at_ms', 'is', null)
}

const FILE_COLUMNS = { id: 'id', created_at: 'id', file_name: 'file_name' } as const

function fileQueries(tables: Tables): Pick<PackagesStore, 'listFiles' | 'countFiles'> {
  return {
    listFiles: async (packageId, { orderBy, direction, offset, limit }: Slice<FileOrder>) => {
      const files = liveFiles(tables, packageId).orderBy(FILE_COLUMNS[orderBy], direction)
      const inOrder = orderBy === 'file_name' ? files.orderBy('id', direction) : files
      const rows = await inOrder.limit(limit).offset(offset).execute()
      return rows.map((row) => ({
        id: row.id,
        packageId: row.package_id,
        fileName: row.file_name,
        sha256: row.sha256,
        size: row.size,
        createdAtMs: row.created_at_ms,
        madeBy: { userId: row.user_id, jobId: row.job_id },
      }))
    },
    countFiles: (packageId, most) => countUpTo(tables, liveFiles(tables, packageId), most),
  }
}

function oneFile(tables: Tables, packageId: number, fileId: number) {
  return liveFiles(tables, packageId).where('id', '=', fileId)
}

async function deleteEach(step: Step, files: ReturnType<typeof oneFile>, atMs: number): Promise<number> {
  const rows = await files.execute()
  for (const { id } of rows) await changeOne(step, id, { change: { deletedAtMs: atMs }, at: { atMs } })
  return rows.length
}
