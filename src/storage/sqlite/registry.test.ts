import { mkdtemp, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeRegistryStore } from '../../registry/store.contract.ts'
import { openDatabase } from './database.ts'
import { openTwice } from './two-connections.contract.ts'
import { createRegistryStore, registryMigrations } from '../sql/registry.ts'

describeRegistryStore('sqlite', () => openTwice(registryMigrations, createRegistryStore))

it('lists the newest files of a database that an earlier version wrote', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-registry-'))
  const path = join(folder, 'x.db')
  const first = '0002-registry'
  await (await openDatabase(path, { [first]: registryMigrations[first]! })).destroy()
  const earlier = new DatabaseSync(path)
  earlier.exec(`
    insert into package_names (id, project_id, kind, name_key, name) values (1, 20, 'pypi', 'a', 'A'), (2, 21, 'pypi', 'a', 'A');
    insert into packages (id, name_id, version_key, version, created_at_ms) values (1, 1, '1', '1.0', 5), (2, 2, '1', '1.0', 5);
    insert into package_files (name_id, package_id, file_name, unique_key, sha256, size, created_at_ms)
    values (1, 1, 'one', 'x', 'ff', 1, 5), (1, 1, 'two', 'y', 'ff', 1, 5), (2, 2, 'other', 'x', 'ff', 1, 5);
  `)
  earlier.close()
  const database = await openDatabase(path, registryMigrations)
  const files = await createRegistryStore(database).listNewest(
    { projectId: 20, kind: 'pypi' },
    { beforeId: 9, limit: 9 },
  )
  expect(files.map(({ fileName, name, version }) => [fileName, name, version])).toEqual([
    ['two', 'A', '1.0'],
    ['one', 'A', '1.0'],
  ])
  const store = createRegistryStore(database)
  expect([await store.revision(20), await store.revision(22)]).toEqual([5, 0])
  await database.destroy()
  await rm(folder, { recursive: true })
})
