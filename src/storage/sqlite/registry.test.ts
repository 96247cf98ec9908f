import { DatabaseSync } from 'node:sqlite'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeRegistryStore } from '../../registry/store.contract.ts'
import { openDatabase } from './database.ts'
import { createRegistryStore, registryMigrations } from './registry.ts'

describeRegistryStore('sqlite', async () =>
  createRegistryStore(await openDatabase(':memory:', registryMigrations)),
)

it.each([
  ['unique', 'name_key = ? and version_key = ? and unique_key = ?', ''],
  ['newest', 'name_key = ? and version_key = ? and file_name = ?', 'order by f.id desc limit 1'],
  ['list', 'name_key = ? and f.id > ?', 'order by f.id limit 500'],
])('looks up %s by indexes, without sorting', async (_name, condition, tail) => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-plan-'))
  const path = join(folder, 'x.db')
  await (await openDatabase(path, registryMigrations)).destroy()
  const database = new DatabaseSync(path)
  const plan = database
    .prepare(
      `explain query plan select f.* from package_names join package_files f on f.name_id = package_names.id
       join packages on packages.id = f.package_id where project_id = ? and kind = ? and ${condition} ${tail}`,
    )
    .all(...Array.from({ length: condition.split('?').length + 1 }, () => '1'))
  database.close()
  await rm(folder, { recursive: true })
  expect(plan.map(({ detail }) => String(detail)).join('; ')).not.toMatch(/SCAN|TEMP B-TREE/)
})
