import type { Kysely, Transaction } from 'kysely'

/**
 * As if nobody else used the database: what `work` reads stands until what it writes is durable. `work` may run more
 * than once, where the database finds only at the end that somebody else was first; it does nothing but read and write.
 */
export function alone<Tables, Result>(
  tables: Kysely<Tables>,
  work: (step: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  return tables.transaction().setIsolationLevel('serializable').execute(work)
}

/** All that `work` reads is of one moment. It writes nothing, and keeps nobody from writing. */
export function atOneMoment<Tables, Result>(
  tables: Kysely<Tables>,
  work: (step: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  return tables.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work)
}
