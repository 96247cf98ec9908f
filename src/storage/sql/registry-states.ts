import type { Updateable } from 'kysely'
import type {
  BlobReference,
  ChangedAt,
  FileChange,
  NameKey,
  PackageKey,
  RegistryStore,
} from '../../registry/index.ts'
import { fileById, filedUnder, first, NO, YES, type Step, type Tables } from './registry-rows.ts'
import type { RegistryTables } from './registry-tables.ts'
import { alone } from './transactions.ts'

type FileColumns = Updateable<RegistryTables['package_files']>

export function stateChanges(
  tables: Tables,
): Pick<RegistryStore, 'findName' | 'changeFile' | 'changeVersion' | 'setStatus'> {
  return {
    findName: async (key) => {
      const found = await filedUnder(tables, key)
        .select(['name', 'status', 'status_reason'])
        .executeTakeFirst()
      return found && { name: found.name, status: found.status, statusReason: found.status_reason }
    },
    changeFile: (id, change, at) =>
      alone(tables, async (step) => {
        await changeOne(step, id, { change, at })
        return first(fileById(step, id))
      }),
    changeVersion: (key, change, at) => alone(tables, (step) => changeVersion(step, key, { change, at })),
    setStatus: (key, status, at) => alone(tables, (step) => setStatus(step, key, { status, at })),
  }
}

interface Changed {
  readonly change: FileChange
  readonly at: ChangedAt
}

export async function changeOne(step: Step, id: number, { change, at }: Changed): Promise<void> {
  const columns = toColumns(change)
  const files = step.updateTable('package_files').where('id', '=', id)
  const said = ['project_id', 'name_id', 'is_listed', 'quarantined_reason', 'deleted_at_ms'] as const
  const changed = await files
    .set({ id, ...columns })
    .returning(said)
    .executeTakeFirst()
  if (changed === undefined) return
  const isShown =
    changed.is_listed === YES && changed.quarantined_reason === null && changed.deleted_at_ms === null
  await step
    .updateTable('package_files')
    .set({ is_shown: isShown ? YES : NO })
    .where('id', '=', id)
    .execute()
  await setShown(step, changed.name_id, isShown ? YES : await anyShown(step, changed.name_id))
  // Null in no row since 0007-registry-newest.
  if (changed.project_id !== null) await raiseRevision(step, changed.project_id, at.atMs)
}

/** Of what a change does not name there is no column, or one that is undefined: Kysely passes over it. */
function toColumns({ isListed, metadata, provenance, ...change }: FileChange) {
  return {
    yanked_reason: change.yankedReason,
    quarantined_reason: change.quarantinedReason,
    deleted_at_ms: change.deletedAtMs,
    ...(isListed !== undefined && { is_listed: isListed ? YES : NO }),
    ...(metadata !== undefined && named(metadata, ['metadata_sha256', 'metadata_size'])),
    ...(provenance !== undefined && named(provenance, ['provenance_sha256', 'provenance_size'])),
  }
}

function named(blob: BlobReference | null, [digest, size]: readonly [string, string]): FileColumns {
  return { [digest]: blob?.sha256 ?? null, [size]: blob?.size ?? null }
}

async function anyShown(step: Step, nameId: number): Promise<number> {
  const shown = step.selectFrom('package_files').select('id').where('name_id', '=', nameId)
  return (await shown.where('is_shown', '=', YES).limit(1).executeTakeFirst()) === undefined ? NO : YES
}

export async function setShown(step: Step, nameId: number, isShown: number): Promise<void> {
  await step.updateTable('package_names').set({ is_shown: isShown }).where('id', '=', nameId).execute()
}

/** Files of a version that are read at a time. */
const PAGE = 200

async function changeVersion(step: Step, key: PackageKey, changed: Changed): Promise<number> {
  let count = 0
  for (let after = ''; ;) {
    const files = await uniqueFiles(step, key, after)
    for (const { id, deleted_at_ms } of files) {
      if (deleted_at_ms !== null) continue
      await changeOne(step, id, changed)
      count += 1
    }
    after = files.at(-1)?.unique_key ?? ''
    if (files.length < PAGE) return count
  }
}

function uniqueFiles(step: Step, { versionKey, ...key }: PackageKey, after: string) {
  return filedUnder(step, key)
    .innerJoin('packages', 'packages.name_id', 'package_names.id')
    .innerJoin('package_files', 'package_files.package_id', 'packages.id')
    .select(['package_files.id', 'unique_key', 'deleted_at_ms'])
    .where('version_key', '=', versionKey)
    .where('unique_key', '>', after)
    .orderBy('unique_key')
    .limit(PAGE)
    .execute()
}

interface StatusChange {
  readonly status: Parameters<RegistryStore['setStatus']>[1]
  readonly at: ChangedAt
}

async function setStatus(step: Step, key: NameKey, { status, at }: StatusChange): Promise<boolean> {
  const changed = await step
    .updateTable('package_names')
    .set({ status: status.status, status_reason: status.statusReason })
    .where('project_id', '=', key.projectId)
    .where('kind', '=', key.kind)
    .where('name_key', '=', key.nameKey)
    .returning('id')
    .executeTakeFirst()
  if (changed !== undefined) await raiseRevision(step, key.projectId, at.atMs)
  return changed !== undefined
}

export async function raiseRevision(step: Step, projectId: number, atMs: number): Promise<void> {
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
