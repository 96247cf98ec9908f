import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Pin, SealVerdictKey } from '../../gate/index.ts'
import { describeGateStore } from '../../gate/store.contract.ts'
import { createGateStore, migrations, type Database } from '../sql/index.ts'
import { openDatabase } from './database.ts'
import { openTwice } from './two-connections.contract.ts'

describeGateStore('sqlite', () => openTwice(migrations, createGateStore))

describe('JSON that is kept', () => {
  let database: Database
  beforeAll(async () => {
    database = await openDatabase(':memory:', migrations)
  })
  afterAll(() => database.destroy())

  const key: SealVerdictKey = {
    ...{ fileSha256: 'f', fileName: 'demo-1.0.tar.gz', sealSha256: 's', rootsSha256: 'r', verifier: 1 },
  }
  const holding = {
    holds: true,
    identity: { san: 'a@example.org', sanKind: 'email', issuer: 'https://gitlab.example', extensions: {} },
    has: { bundle: true, timestamp: true, attestation: true },
    ...{ signedAtMs: 5, logIndex: 6 },
  } as const

  it.each([
    ['damaged', '{'],
    ['of no kind', '{}'],
    ['with a member that nobody knows', JSON.stringify({ ...holding, more: 1 })],
    ['without what a policy asks for', JSON.stringify({ ...holding, has: { bundle: true } })],
    ['with a number that is none', JSON.stringify({ ...holding, logIndex: '6' })],
    ['with a key twice', JSON.stringify(holding).replace('{', '{"holds":false,')],
  ])('is no verdict where it is %s', async (_how, text) => {
    const store = createGateStore(database)
    await store.keepVerdicts(key, [holding])
    expect(await store.findVerdicts(key)).toEqual([holding])
    await sql`update gate_verdicts set verdict = ${`[${text}]`}`.execute(database)
    expect(await store.findVerdicts(key)).toBeUndefined()
  })

  it('is never passed over where it is a pin', async () => {
    const store = createGateStore(database)
    const pin: Pin = {
      ...{ issuer: 'i', repository: { kind: 'id', value: '7' }, shown: 's', workflow: null, refKind: null },
      ...{ sinceMs: 5, by: 'ada', fromFiles: [] },
    }
    const event = { gate: 'prod', name: 'demo', atMs: 5, by: 'ada', why: 'moved' }
    await store.addPinEvent({ ...event, kind: 'approved', pin })
    await sql`update gate_pin_events set pin = '{"issuer":"i"}'`.execute(database)
    await expect(store.listPinEvents('prod')).rejects.toMatchObject({ code: 'storage.database' })
  })
})

it('gives the seals of earlier versions to each upstream that had found some of the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-database-'))
  const path = join(folder, 'wheelseal.db')
  const earlier = Object.entries(migrations).filter(([name]) => name < '0032')
  const before = await openDatabase(path, Object.fromEntries(earlier))
  for (const seal of ['s1', 's2'])
    await sql`insert into gate_seals (file_sha256, sha256, kind, source, bytes, seen_at_ms)
      values ('f', ${seal}, 'bundle', 'https://index.example/s', ${new Uint8Array([7])}, 5)`.execute(before)
  for (const [upstream, found] of [
    ['u1', 'some'],
    ['u2', 'some'],
    ['u3', 'none'],
  ])
    await sql`insert into gate_seal_searches (upstream, file_sha256, found, at_ms)
      values (${upstream}, 'f', ${found}, 6)`.execute(before)
  await before.destroy()
  const database = await openDatabase(path, migrations)
  const store = createGateStore(database)
  const counts = []
  for (const upstream of ['u1', 'u2', 'u3'])
    counts.push((await store.sealsOf(upstream, 'f')).map(({ sha256, bytes }) => `${sha256} ${bytes[0]}`))
  expect(counts).toEqual([['s1 7', 's2 7'], ['s1 7', 's2 7'], []])
  await database.destroy()
  await rm(folder, { recursive: true })
})

it('looks at the last refusals only, however many happened since', async () => {
  const database = await openDatabase(':memory:', migrations)
  const store = createGateStore(database, { lookedAt: 2 })
  const refusal = {
    ...{ gate: 'prod', name: 'demo', version: '1', fileName: 'f', code: 'c', sentence: 's', report: '{}' },
  }
  for (const [id, atMs] of [
    ['a', 1],
    ['a', 2],
    ['b', 3],
    ['c', 4],
  ] as const)
    await store.noteRefusal({ ...refusal, id }, atMs)
  const listed = await store.listRefusals('prod', { sinceMs: 0, limit: 9 })
  expect(listed.map(({ id }) => id)).toEqual(['c', 'b'])
  await database.destroy()
})

it('keeps the newest checkpoints only, and all that contradict each other', async () => {
  const database = await openDatabase(':memory:', migrations)
  const store = createGateStore(database, { lookedAt: 2, keptCheckpoints: 3 })
  const keep = (size: number, rootHash = 'a') =>
    store.keepCheckpoint({ logId: 'l', origin: 'o', size, rootHash, note: 'n' }, 1)
  await keep(1)
  await keep(1, 'b')
  for (let size = 2; size < 20; size += 1) await keep(size)
  expect((await store.listSplitViews(9)).map(({ size }) => size)).toEqual([1, 1])
  const left = await sql<{ size: number }>`select size from gate_checkpoints order by id`.execute(database)
  expect(left.rows.length).toBeLessThan(10)
  expect(left.rows.at(-1)).toEqual({ size: 19 })
  // What is forgotten contradicts nothing any more.
  expect([await keep(2, 'b'), (await keep(19, 'b'))?.rootHash]).toEqual([undefined, 'a'])
  await database.destroy()
})
