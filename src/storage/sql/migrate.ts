import type { Migration } from 'kysely/migration'
import { describeError } from '../../base/index.ts'
import { storageErrors } from '../errors.ts'
import type { Database } from './database.ts'
import type { ColumnTypes, Steps } from './steps.ts'

/**
 * Brings the schema up to `steps`: all that are missing, or none. Throws `storage.newer` when a newer version was here,
 * `storage.migration` when a step fails.
 */
export async function migrate(database: Database, steps: Steps, types: ColumnTypes): Promise<void> {
  const { Migrator } = await import('kysely/migration')
  const migrations = Object.entries(steps).map(([name, { up }]): [string, Migration] => [
    name,
    { up: (db) => up(db, types) },
  ])
  const provider = { getMigrations: async () => Object.fromEntries(migrations) }
  const migrator = new Migrator({ db: database, provider })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw refusal(error)
}

function refusal(cause: unknown): Error {
  const reason = describeError(cause)
  if (reason.includes('corrupted migrations')) {
    const fact = 'the database has migrations that this version does not know'
    return storageErrors('storage.newer', fact, { cause })
  }
  return storageErrors('storage.migration', `the database could not be upgraded: ${reason}`, { cause })
}
