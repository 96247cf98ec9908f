import type { AddedFile, GenericStore, NewGenericFile, PackageKey } from '../../registry/index.ts'
import type { Database } from './database.ts'
import { filesOfPackage, first, NO, YES, type Step, type Tables } from './registry-rows.ts'
import { raiseRevision } from './registry-states.ts'
import type { RegistryTables } from './registry-tables.ts'
import { insertFile } from './registry.ts'
import { alone } from './transactions.ts'

export function createGenericStore(database: Database): GenericStore {
  const tables = database.$extendTables<RegistryTables>()
  return {
    addFirst: (file) => alone(tables, (step) => addFirst(step, file)),
    addBeside: (file) => alone(tables, (step) => addBeside(step, file)),
    findLast: (key, fileName) => first(last(tables, key, fileName)),
    findServed: (key, fileName) => first(served(tables, key, fileName)),
    duplicatesAllowed: async (projectId) => {
      const settings = tables.selectFrom('generic_settings').select('allows_duplicates')
      const setting = await settings.where('project_id', '=', projectId).executeTakeFirst()
      return setting?.allows_duplicates === YES
    },
    setDuplicates: async (projectId, { allowed, atMs }) => {
      await alone(tables, async (step) => {
        const allows_duplicates = allowed ? YES : NO
        await step
          .insertInto('generic_settings')
          .values({ project_id: projectId, allows_duplicates })
          .onConflict((conflict) => conflict.column('project_id').doUpdateSet({ allows_duplicates }))
          .execute()
        await raiseRevision(step, projectId, atMs)
      })
    },
  }
}

async function addFirst(step: Step, file: NewGenericFile): Promise<AddedFile> {
  const before = await first(last(step, file, file.fileName))
  if (before === undefined || (before.deletedAtMs !== null && before.sha256 === file.sha256))
    return add(step, file)
  if (before.sha256 === file.sha256) await hide(step, file, before.packageId)
  return { file: before, isNew: false }
}

async function addBeside(step: Step, file: NewGenericFile): Promise<AddedFile> {
  const before = await first(served(step, file, file.fileName))
  if (before === undefined || before.sha256 !== file.sha256) return add(step, file)
  await hide(step, file, before.packageId)
  return { file: before, isNew: false }
}

async function add(step: Step, file: NewGenericFile): Promise<AddedFile> {
  await insertFile(step, file, null)
  await raiseRevision(step, file.projectId, file.createdAtMs)
  const added = await first(last(step, file, file.fileName))
  if (added === undefined) throw new Error('a file that was added is not there')
  await hide(step, file, added.packageId)
  return { file: added, isNew: true }
}

async function hide(step: Step, { isHidden }: NewGenericFile, packageId: number): Promise<void> {
  if (isHidden === undefined) return
  await step
    .updateTable('packages')
    .set({ is_hidden: isHidden ? YES : NO })
    .where('id', '=', packageId)
    .execute()
}

function last(tables: Tables, key: PackageKey, fileName: string) {
  const files = filesOfPackage(tables, key).where('file_name', '=', fileName)
  return files.orderBy('package_files.id', 'desc').limit(1)
}

function served(tables: Tables, key: PackageKey, fileName: string) {
  return last(tables, key, fileName).where('deleted_at_ms', 'is', null)
}
