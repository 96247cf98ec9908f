import { mkdtemp, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { migrations } from '../sql/index.ts'
import { openDatabase } from './database.ts'
import { SOURCES } from './stored-files.ts'

it('knows every column in which a table keeps the digest and the size of stored bytes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-stored-'))
  const path = join(folder, 'wheelseal.db')
  await (await openDatabase(path, migrations)).destroy()
  const connection = new DatabaseSync(path, { readOnly: true })
  const columns = connection
    .prepare(
      `select tables.name as source, columns.name as name from sqlite_schema as tables
       join pragma_table_info(tables.name) as columns where tables.type = 'table'`,
    )
    .all()
    .map(({ source, name }) => `${String(source)}.${String(name)}`)
  connection.close()
  await rm(folder, { recursive: true })
  const withSizes = columns.filter(
    (name) => name.endsWith('sha256') && columns.includes(name.replace(/sha256$/, 'size')),
  )
  expect(withSizes.length).toBeGreaterThan(3)
  expect(SOURCES.map(({ table, sha256 }) => `${table}.${sha256}`).toSorted()).toEqual(withSizes.toSorted())
})
