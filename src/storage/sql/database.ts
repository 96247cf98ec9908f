import type { Kysely } from 'kysely'

/** One file for all services. An adapter types its own tables: `database.$extendTables<AccessTables>()`. */
export type Database = Kysely<object>
