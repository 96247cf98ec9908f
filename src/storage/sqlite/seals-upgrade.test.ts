import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSealStore, migrations } from '../sql/index.ts'
import { openDatabase } from './database.ts'

/** What version 0.1 knew. */
const OF_0_1 = Object.fromEntries(Object.entries(migrations).filter(([name]) => name <= '0010-members'))
const WHEEL = 'Demo-1.0-py3-none-any.whl'
const FIRST = { id: 1, package_id: 1, project_id: 20, sha256: 'a', size: 3, created_at_ms: 5 }

async function writeAs01(path: string): Promise<void> {
  const database = (await openDatabase(path, OF_0_1)).$extendTables<Record<string, object>>()
  const insert = (table: string, row: object) => database.insertInto(table).values(row).execute()
  const name = { id: 1, project_id: 20, kind: 'generic', name_key: 'demo', name: 'demo' }
  await insert('package_names', name)
  await insert('packages', { id: 1, name_id: 1, version_key: '1.0.0', version: '1.0.0', created_at_ms: 5 })
  await insert('packages', { id: 2, name_id: 1, version_key: '2.0', version: '2.0', created_at_ms: 5 })
  const add = (file: object) =>
    insert('package_files', { ...FIRST, name_id: 1, kind: 'generic', requires_python: null, ...file })
  await add({ file_name: `${WHEEL}.sig` })
  await add({ id: 2, sha256: 'b', file_name: `${WHEEL}.sig` })
  await add({ id: 3, file_name: `${WHEEL}.sigstore.json` })
  for (const [at, file_name] of ['notes.sig', `${WHEEL}.asc`, `other-1.0.tar.gz.sig`].entries())
    await add({ id: 4 + at, file_name })
  await add({ id: 8, package_id: 2, file_name: `${WHEEL}.crt` })
  for (let id = 10; id < 1100; id += 1) await add({ id, file_name: `${id}.txt` })
  await add({ id: 1100, sha256: 'z', file_name: `${WHEEL}.crt` })
  await database.destroy()
}

it('side files of 0.1 wait for their first verdict, in the order in which they came', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-upgrade-'))
  const path = join(folder, 'wheelseal.db')
  await writeAs01(path)
  const database = await openDatabase(path, migrations)
  const store = createSealStore(database)
  const all = []
  for (const ending of ['.sig', '.crt', '.sigstore.json', '.publish.attestation'] as const) {
    const place = { projectId: 20, fileName: WHEEL, ending }
    const page = { standing: 'new', order: 'oldest', from: 0, limit: 10 } as const
    for (const seal of await store.listSeals(place, page)) all.push([ending, seal.sourceId, seal.sha256])
  }
  expect(all).toEqual([
    ['.sig', 1, 'a'],
    ['.sig', 2, 'b'],
    ['.crt', 1100, 'z'],
    ['.sigstore.json', 3, 'a'],
  ])
  expect(await store.newestSeal({ projectId: 20, fileName: WHEEL, ending: '.sig' })).toMatchObject({
    putBy: 0,
    size: 3,
    createdAtMs: 5,
    standing: 'new',
    partnerId: null,
  })
  expect(await store.findSeal(5)).toBeUndefined()
  await database.destroy()
  await rm(folder, { recursive: true })
})
