import { readdirSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryCompiler,
} from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeAuditStore } from '../../access/audit.contract.ts'
import { describePublisherStore } from '../../access/publisher-store.contract.ts'
import { describeAccessStore } from '../../access/store.contract.ts'
import type { TwoHandles } from '../../base/two-handles.contract.ts'
import { describeGateStore } from '../../gate/store.contract.ts'
import { describeKeyIndex } from '../../log/key-index.contract.ts'
import { describePipelineLists } from '../../pipelines/lists.contract.ts'
import { describePipelineStore } from '../../pipelines/store.contract.ts'
import { describeGenericStore } from '../../registry/generic-store.contract.ts'
import { describePackagesStore } from '../../registry/packages-store.contract.ts'
import { describeSealStore } from '../../registry/seals/store.contract.ts'
import { describeRegistryStore } from '../../registry/store.contract.ts'
import { columnTypes } from '../sqlite/column-types.ts'
import { createDialect } from '../sqlite/dialect.ts'
import { createAccessStore } from './access.ts'
import { createAuditStore } from './audit.ts'
import type { Database } from './database.ts'
import { createGateStore } from './gate.ts'
import { createKeyIndex, keyIndexMigrations } from './key-index.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations.ts'
import { createPipelineLists } from './pipeline-lists.ts'
import { createPipelineStore } from './pipelines.ts'
import { createPublisherStore } from './publishers.ts'
import { createGenericStore } from './registry-generic.ts'
import { createPackagesStore } from './registry-packages.ts'
import { createRegistryStore } from './registry.ts'
import { createSealStore } from './seals.ts'
import type { ColumnTypes, Steps } from './steps.ts'

/**
 * What stands here is said once for all databases. PostgreSQL's compiler must be able to say all of it, in words that
 * both know: its statements then answer as the contracts want it, whoever runs them.
 */

const files = readdirSync(import.meta.dirname).filter((name) => !/\.(?:test|contract)\.ts$/.test(name))

it.each(files)('%s names no database, and has nothing that only one of them knows', (name) => {
  const text = readFileSync(join(import.meta.dirname, name), 'utf8')
  expect(text).not.toMatch(/sqlite|pragma|rowid|postgres|\bpg\b|from 'node:/i)
  // Text of its own is what no compiler looks at.
  expect(text).not.toMatch(/\bsql\b.* from 'kysely'|\bsql[`.]|import\('kysely'\)/)
  const ofOneDatabase =
    /\.(?:autoIncrement|identity|generatedAlwaysAsIdentity|modifyEnd|modifyFront|ignore|or(?:Ignore|Replace|Abort|Fail|Rollback)|onDuplicateKeyUpdate|replaceInto|mergeInto|distinctOn|for(?:Update|Share|NoKeyUpdate|KeyShare)|skipLocked|noWait|top|fetch|output)\(/
  expect(text).not.toMatch(ofOneDatabase)
})

it('was read', () => {
  expect(files.length).toBeGreaterThan(9)
})

/** As an adapter for PostgreSQL says it. */
const TYPES: ColumnTypes = {
  id: ['bigint', (column) => column.generatedAlwaysAsIdentity().primaryKey()],
  number: 'bigint',
  bytes: 'bytea',
  inKeyOrder: (table) => table,
}

const said = { tables: [] as string[], statements: new Set<string>() }

function recording(record: (sql: string) => unknown): QueryCompiler {
  const compiler = new PostgresQueryCompiler()
  return {
    compileQuery: (node, id) => {
      const compiled = compiler.compileQuery(node, id)
      record(compiled.sql)
      return compiled
    },
  }
}

describe('every step of the schemas', () => {
  beforeAll(async () => {
    const database = new Kysely<unknown>({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (db) => new PostgresIntrospector(db),
        createQueryCompiler: () => recording((sql) => said.tables.push(sql)),
      },
    })
    for (const steps of [migrations, keyIndexMigrations])
      for (const { up } of Object.values(steps)) await up(database, TYPES)
  })

  it('is made in words that PostgreSQL knows', () => {
    expect(said.tables.length).toBeGreaterThan(15)
    for (const sql of said.tables) expect(sql).not.toMatch(/auto_?increment|rowid|\bblob\b|insert or/i)
    const keyed = said.tables.filter((sql) =>
      sql.includes('"id" bigint generated always as identity primary key'),
    )
    expect(keyed.length).toBeGreaterThan(8)
  })

  it('has room for milliseconds, sizes and places in a log: more than 2^31', () => {
    const made = said.tables.filter((sql) => /^(?:create|alter) table /.test(sql))
    const columns = made.flatMap((sql) => Array.from(sql.matchAll(/"(\w+_ms|size|leaf_index|mark)" (\w+)/g)))
    const types = columns.map(([, column, type]) => `${column} ${type}`)
    expect(types.length).toBeGreaterThan(15)
    expect(types.filter((type) => !type.endsWith(' bigint'))).toEqual([])
  })
})

describe('the statements that PostgreSQL would get', () => {
  const databases: Database[] = []
  afterAll(() => Promise.all(databases.map((database) => database.destroy())))

  /** SQLite shows what the words mean: it knows `?` for `$1`, and names in double quotes. */
  async function openSpoken(steps: Steps): Promise<Database> {
    const dialect = await createDialect(new DatabaseSync(':memory:'))
    const database: Database = new Kysely({ dialect })
    databases.push(database)
    await migrate(database, steps, await columnTypes())
    const recorded = recording((sql) => said.statements.add(sql))
    const compiler: QueryCompiler = {
      compileQuery: (node, id) => {
        const compiled = recorded.compileQuery(node, id)
        return { ...compiled, sql: compiled.sql.replaceAll(/\$\d+/g, '?') }
      },
    }
    return new Kysely({ dialect: { ...dialect, createQueryCompiler: () => compiler } })
  }

  async function open<Store>(
    steps: Steps,
    createStore: (database: Database) => Store,
  ): Promise<TwoHandles<Store> & { reopen(): Promise<Store> }> {
    const store = createStore(await openSpoken(steps))
    return { first: store, second: store, reopen: async () => store, close: async () => undefined }
  }

  describeAccessStore('in words of PostgreSQL', () => open(migrations, createAccessStore))
  describeAuditStore('in words of PostgreSQL', () => open(migrations, createAuditStore))
  describeRegistryStore('in words of PostgreSQL', () => open(migrations, createRegistryStore))
  describeGenericStore('in words of PostgreSQL', () =>
    open(migrations, (database) => ({
      ...createRegistryStore(database),
      ...createGenericStore(database),
      ...createPackagesStore(database),
    })),
  )
  describePackagesStore('in words of PostgreSQL', () =>
    open(migrations, (database) => ({
      ...createRegistryStore(database),
      ...createGenericStore(database),
      ...createPackagesStore(database),
    })),
  )
  describePublisherStore('in words of PostgreSQL', () => open(migrations, createPublisherStore))
  describeSealStore('in words of PostgreSQL', () =>
    open(migrations, (database) => ({ ...createRegistryStore(database), ...createSealStore(database) })),
  )
  describePipelineStore('in words of PostgreSQL', () => open(migrations, createPipelineStore))
  describePipelineLists('in words of PostgreSQL', () =>
    open(migrations, (database) => ({
      store: createPipelineStore(database),
      lists: createPipelineLists(database, { lookedAt: 5 }),
    })),
  )
  describeGateStore('in words of PostgreSQL', () => open(migrations, createGateStore))
  describeKeyIndex('in words of PostgreSQL', () => open(keyIndexMigrations, createKeyIndex))

  it('have its placeholders and nothing of another', () => {
    expect(said.statements.size).toBeGreaterThan(40)
    for (const sql of said.statements)
      expect(sql).not.toMatch(/\?|`|\[|insert or|\browid\b|\bifnull\b|\bglob\b|collate/i)
  })
})
