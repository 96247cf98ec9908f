import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createAccess } from '../../access/index.ts'
import { sha256Hex } from '../../base/index.ts'
import { systemClock, systemEntropy } from '../../host/index.ts'
import { createAccessStore, migrations } from '../sql/index.ts'
import { openDatabase } from './database.ts'

/** What version 0.1 knew. */
const OF_0_1 = Object.fromEntries(Object.entries(migrations).filter(([name]) => name <= '0010-members'))

async function writeAs01(path: string): Promise<void> {
  const database = (await openDatabase(path, OF_0_1)).$extendTables<Record<string, object>>()
  const insert = (table: string, row: object) => database.insertInto(table).values(row).execute()
  for (const key of ['acme', 'acme/tools']) await insert('paths', { key })
  await insert('namespaces', { path: 'Acme' })
  const project = { namespace_id: 1, path: 'Acme/Tools', name: 'Tools', created_at_ms: 1 }
  await insert('projects', { ...project, visibility: 'private', default_branch: 'main' })
  const user = { login: 'ada', login_key: 'ada', email: 'ada@localhost', created_at_ms: 1 }
  await insert('users', { ...user, is_administrator: 1 })
  const token = { user_id: 1, expires_at_ms: null, created_at_ms: 1 }
  await insert('tokens', { ...token, hash: sha256Hex('glpat-old'), scopes: 'api read_api' })
  const job = { hash: sha256Hex('glcbt-old'), job_id: 3, project_id: 1, user_id: 1 }
  await insert('job_tokens', { ...job, expires_at_ms: Date.now() + 60_000 })
  await database.destroy()
}

it('a directory of 0.1 keeps its administrators, its tokens and its running jobs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-upgrade-'))
  const path = join(folder, 'wheelseal.db')
  await writeAs01(path)
  const database = await openDatabase(path, migrations)
  const access = createAccess({
    store: createAccessStore(database),
    clock: systemClock,
    entropy: systemEntropy,
  })
  const project = await access.findProject('Acme/Tools')
  const ada = await access.authenticate({ kind: 'personal', token: 'glpat-old' })
  expect(ada).toEqual({
    kind: 'user',
    user: { id: 1, login: 'ada', email: 'ada@localhost', isAdministrator: true },
    scopes: ['api', 'read_api'],
    tokenId: 1,
  })
  expect(await access.may(ada!, 'admin_packages', project!)).toBe(true)
  expect(await access.authenticate({ kind: 'job', token: 'glcbt-old' })).toMatchObject({ jobId: 3 })
  // What was made then is found, blocked and revoked as what is made now.
  expect(await access.visibleProjects(ada!)).toEqual([project?.id])
  const { token } = await access.createToken({ within: 'Acme', scopes: ['read_api'] })
  const bot = await access.authenticate({ kind: 'personal', token: token.reveal() })
  expect(await access.visibleProjects(bot!)).toEqual([project?.id])
  await access.revokeToken(1)
  expect(await access.authenticate({ kind: 'personal', token: 'glpat-old' })).toBeUndefined()
  await access.setBlocked('ada', 'blocked')
  expect(await access.authenticate({ kind: 'job', token: 'glcbt-old' })).toBeUndefined()
  await database.destroy()
  await rm(folder, { recursive: true })
})
