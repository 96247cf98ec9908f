import type { Kysely } from 'kysely'

/** One for all services. An adapter types its own tables: `database.$extendTables<AccessTables>()`. */
export type Database = Kysely<object>
