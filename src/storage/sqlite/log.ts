import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { LogLeaf, LogStore, NewLeaf } from '../../log/index.ts'
import type { Database } from './database.ts'

type LogTables = {
  log_leaves: { log: string; leaf_index: number; hash: Uint8Array; bytes: Uint8Array; time_ms: number }
  log_nodes: { log: string; level: number; node_index: number; hash: Uint8Array }
}

export const logMigrations: Readonly<Record<string, Migration>> = {
  '0003-log': {
    up: async (db) => {
      await db.schema
        .createTable('log_leaves')
        .addColumn('log', 'text', (column) => column.notNull())
        .addColumn('leaf_index', 'integer', (column) => column.notNull())
        .addColumn('hash', 'blob', (column) => column.notNull())
        .addColumn('bytes', 'blob', (column) => column.notNull())
        .addColumn('time_ms', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('log_leaves_key', ['log', 'leaf_index'])
        .addUniqueConstraint('log_leaves_hash', ['log', 'hash'])
        .execute()
      await db.schema
        .createTable('log_nodes')
        .addColumn('log', 'text', (column) => column.notNull())
        .addColumn('level', 'integer', (column) => column.notNull())
        .addColumn('node_index', 'integer', (column) => column.notNull())
        .addColumn('hash', 'blob', (column) => column.notNull())
        .addPrimaryKeyConstraint('log_nodes_key', ['log', 'level', 'node_index'])
        .execute()
    },
  },
}

type Tables = Kysely<LogTables>

/** One log of the file. A leaf and the nodes that it completes are one transaction. */
export function createLogStore(database: Database, log: string): LogStore {
  const db = database.$extendTables<LogTables>()
  const nodes = (level: number) =>
    db.selectFrom('log_nodes').select('hash').where('log', '=', log).where('level', '=', level)
  return {
    size: () => sizeOf(db, log),
    commit: (leaf) => commit(db, log, leaf),
    leaf: (index) => findLeaf(db, log, index),
    find: async (hash) => {
      const query = db.selectFrom('log_leaves').select('leaf_index').where('log', '=', log)
      return (await query.where('hash', '=', hash).executeTakeFirst())?.leaf_index
    },
    node: async (level, index) =>
      (await nodes(level).where('node_index', '=', index).executeTakeFirst())?.hash,
  }
}

async function sizeOf(db: Tables, log: string): Promise<number> {
  const leaves = db.selectFrom('log_leaves').select('leaf_index').where('log', '=', log)
  const last = await leaves.orderBy('leaf_index', 'desc').limit(1).executeTakeFirst()
  return last === undefined ? 0 : last.leaf_index + 1
}

function commit(db: Tables, log: string, { index, hash, bytes, timeMs, nodes }: NewLeaf): Promise<void> {
  const leaf = { log, leaf_index: index, hash, bytes, time_ms: timeMs }
  const rows = nodes.map((node) => ({ log, level: node.level, node_index: node.index, hash: node.hash }))
  return db.transaction().execute(async (transaction) => {
    const size = await sizeOf(transaction, log)
    if (index !== size) throw new Error(`leaf ${index} does not follow the ${size} leaves of the log`)
    await transaction.insertInto('log_leaves').values(leaf).execute()
    await transaction.insertInto('log_nodes').values(rows).execute()
  })
}

async function findLeaf(db: Tables, log: string, index: number): Promise<LogLeaf | undefined> {
  const leaves = db.selectFrom('log_leaves').select(['bytes', 'time_ms']).where('log', '=', log)
  const row = await leaves.where('leaf_index', '=', index).executeTakeFirst()
  return row === undefined ? undefined : { index, bytes: row.bytes, timeMs: row.time_ms }
}
