import { mkdtemp, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { sql, type Kysely } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrations, type Database } from '../sql/index.ts'
import { atOneMoment } from '../sql/transactions.ts'
import { openDatabase } from './database.ts'

const step = { up: async () => undefined }

it('refuses the file of a newer version, and leaves it to that version', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-database-'))
  const path = join(folder, 'wheelseal.db')
  const open = async (...steps: readonly string[]): Promise<void> => {
    const database = await openDatabase(path, Object.fromEntries(steps.map((name) => [name, step])))
    await database.destroy()
  }
  await open('001-now', '002-later')
  await expect(open('001-now')).rejects.toMatchObject({ code: 'storage.newer' })
  await open('001-now', '002-later')
  await rm(folder, { recursive: true })
})

/** In the order in which they came to be. A new one goes to the end, and its name sorts after all others. */
const HISTORY: readonly string[] = [
  '0001-access',
  '0002-registry',
  '0004-pipelines',
  '0005-audit',
  '0006-audit-outcome',
  '0007-registry-newest',
  '0008-pipelines-queues',
  '0009-registry-revisions',
  '0010-members',
  '0011-registry-states',
  '0012-people',
  '0013-job-allowances',
  '0014-registry-settings',
  '0015-seals',
  '0017-registry-packages',
  '0018-publishers',
  '0019-pipelines-graph',
  '0021-pipelines-lists',
  '0022-pushes',
  '0023-pipelines-removed',
  '0024-pipelines-parts',
  '0025-pipelines-project-queues',
  '0026-gate',
  '0027-gate-refused-names',
  '0028-gate-gone',
  '0029-gate-let-through',
  '0029-gate-names-asked',
  '0029-gate-unused-exemptions',
  '0030-gate-log-checkpoints',
  '0031-gate-lifted',
  '0032-gate-seals-of-upstreams',
]

it('has no step that is missing from the history below which files are brought up to date', () => {
  expect(Object.keys(migrations).toSorted()).toEqual(HISTORY.toSorted())
})

it.each(HISTORY.map((last, at) => [last, HISTORY.slice(0, at + 1)] as const))(
  'brings a file of every earlier version up to date: %s was its last step',
  async (_last, names) => {
    const folder = await mkdtemp(join(tmpdir(), 'wheelseal-database-'))
    const path = join(folder, 'wheelseal.db')
    const earlier = Object.entries(migrations).filter(([name]) => names.includes(name))
    expect(earlier).toHaveLength(names.length)
    await (await openDatabase(path, Object.fromEntries(earlier))).destroy()
    const database = await openDatabase(path, migrations)
    const fresh = await openDatabase(':memory:', migrations)
    expect(await schemaOf(database)).toEqual(await schemaOf(fresh))
    await Promise.all([database.destroy(), fresh.destroy()])
    await rm(folder, { recursive: true })
  },
)

async function schemaOf(database: Database): Promise<readonly unknown[]> {
  const tables = await database.introspection.getTables()
  return tables.map(({ name, columns }) => ({ name, columns: columns.map((column) => column.name) }))
}

it('says that the disk is full when a write has no room, and goes on when there is some', async () => {
  type Rows = { rows: { text: string } }
  const table = {
    up: async (db: Kysely<unknown>) => db.schema.createTable('rows').addColumn('text', 'text').execute(),
  }
  const database = (await openDatabase(':memory:', { '001': table })).$extendTables<Rows>()
  const pages = (count: number): Promise<unknown> =>
    sql.raw(`pragma max_page_count = ${count}`).execute(database)
  const write = (): Promise<void> =>
    database.transaction().execute(async (transaction) => {
      for (let at = 0; at < 20; at += 1)
        await transaction
          .insertInto('rows')
          .values({ text: 'x'.repeat(4000) })
          .execute()
    })
  await pages(10)
  const cause = { code: 'ENOSPC' }
  await expect(write()).rejects.toMatchObject({ code: 'storage.full', status: 507, cause })
  await pages(1000)
  await write()
  expect(await database.selectFrom('rows').selectAll().execute()).toHaveLength(20)
  await database.destroy()
})

it('says why a sound statement fails, without a path, and leaves what is wrong with a statement as it is', async () => {
  const table = {
    up: async (db: Kysely<unknown>) =>
      db.schema
        .createTable('rows')
        .addColumn('text', 'text', (column) => column.unique())
        .execute(),
  }
  const database = await openDatabase(':memory:', { '001': table })
  const write = (): Promise<unknown> => sql`insert into rows values ('a')`.execute(database)
  await write()
  await expect(write()).rejects.toThrow('UNIQUE constraint failed: rows.text')
  await sql`pragma query_only = on`.execute(database)
  await expect(write()).rejects.toMatchObject({
    code: 'storage.broken',
    status: 503,
    message: 'the database is read-only',
  })
  await database.destroy()
})

const noted = (text: string) => ({
  up: async (db: Kysely<unknown>): Promise<void> => {
    await db.schema.createTable(text).addColumn('text', 'text').execute()
  },
})

it('makes all steps of an upgrade or none: what a failed one leaves does not stand in the way', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-database-'))
  const path = join(folder, 'wheelseal.db')
  await (await openDatabase(path, { '001': noted('one') })).destroy()
  const cut = {
    up: async (db: Kysely<unknown>): Promise<void> => {
      await noted('three').up(db)
      throw new Error('cut')
    },
  }
  const steps = { '001': noted('one'), '002': noted('two') }
  await expect(openDatabase(path, { ...steps, '003': cut })).rejects.toMatchObject({
    code: 'storage.migration',
  })
  const before = await openDatabase(path, { '001': noted('one') })
  expect((await before.introspection.getTables()).map(({ name }) => name)).toEqual(['one'])
  await before.destroy()
  const database = await openDatabase(path, { ...steps, '003': noted('three') })
  expect(await schemaOf(database)).toHaveLength(3)
  await database.destroy()
  await rm(folder, { recursive: true })
})

describe('two connections', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wheelseal-database-'))
    path = join(folder, 'wheelseal.db')
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('that open a new file at once both get its schema', async () => {
    const both = await Promise.all([1, 2].map(() => openDatabase(path, migrations)))
    const [one, two] = await Promise.all(both.map(schemaOf))
    expect(one).toEqual(two)
    expect(one?.length).toBeGreaterThan(5)
    await Promise.all(both.map((database) => database.destroy()))
  })

  it('wait for each other, in whatever way the file is held', async () => {
    const database = await openDatabase(path, { '001': noted('one') })
    const other = new DatabaseSync(path)
    other.exec('begin immediate')
    const writes = Promise.all([
      sql`insert into one values ('a')`.execute(database),
      database.transaction().execute((alone) => sql`insert into one values ('b')`.execute(alone)),
    ])
    await setImmediate()
    other.exec("insert into one values ('c'); commit")
    await writes
    expect(other.prepare('select count(*) as n from one').get()).toEqual({ n: 3 })
    other.close()
    await database.destroy()
  })

  it('keep nobody from writing while one of them reads, and it reads of one moment', async () => {
    const database = await openDatabase(path, { '001': noted('one') })
    const other = new DatabaseSync(path)
    const count = async (tables: Kysely<object>): Promise<unknown> =>
      (await sql`select count(*) as n from one`.execute(tables)).rows
    await atOneMoment(database, async (moment) => {
      expect(await count(moment)).toEqual([{ n: 0 }])
      other.exec("insert into one values ('c')")
      expect(await count(moment)).toEqual([{ n: 0 }])
    })
    expect(await count(database)).toEqual([{ n: 1 }])
    other.close()
    await database.destroy()
  })
})
