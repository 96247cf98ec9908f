import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { decodeHex, sha256, utf8 } from '../../base/index.ts'
import { leafHash } from '../../formats/merkle/index.ts'
import { merkleTreeLeaf, sctSignedBytes, verifyWithSpki } from '../../formats/x509/index.ts'
import { createLog, openLog } from '../../log/index.ts'
import { openDatabase } from '../../storage/sqlite/database.ts'
import { createLogStore, logMigrations } from '../../storage/sqlite/log.ts'
import { createCtLog, CT_GENESIS, treeHeadSignedBytes } from './index.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
const entry = { tbs: utf8('a tbs certificate'), issuerKeyHash: sha256(utf8('issuer')) }

async function newCtLog() {
  const clock = { nowMs: () => 1_900_000_000_123, sleep: async () => undefined }
  const store = createLogStore(await openDatabase(':memory:', logMigrations), 'ct')
  await createLog({ store, clock }, CT_GENESIS)
  const log = await openLog({ store, clock })
  return { log, ct: createCtLog({ log, key: privateKey }) }
}

it('promises what is in the tree already, with the time that stands there', async () => {
  const { log, ct } = await newCtLog()
  const sct = await ct.addPrecertificate(entry)
  const logged = { ...entry, timestampMs: sct.timestampMs, extensions: sct.extensions }
  expect(sct.logId).toEqual(sha256(spki))
  expect(verifyWithSpki(spki, sctSignedBytes(logged), sct.signature)).toBe(true)
  expect(await log.find(leafHash(merkleTreeLeaf(logged)))).toBe(1)
})

it('promises the same for the same precertificate at the same time, and logs it once', async () => {
  const { log, ct } = await newCtLog()
  const [first, again] = [await ct.addPrecertificate(entry), await ct.addPrecertificate(entry)]
  expect(again.timestampMs).toBe(first.timestampMs)
  expect((await log.head()).size).toBe(2)
})

it('promises nothing when the log cannot commit', async () => {
  const clock = { nowMs: () => 1, sleep: async () => undefined }
  const store = createLogStore(await openDatabase(':memory:', logMigrations), 'ct')
  await createLog({ store, clock }, CT_GENESIS)
  const broken = { ...store, commit: () => Promise.reject(new Error('ENOSPC')) }
  const ct = createCtLog({ log: await openLog({ store: broken, clock }), key: privateKey })
  await expect(ct.addPrecertificate(entry)).rejects.toMatchObject({ code: 'log.poisoned' })
})

it('signs the committed head, dated now but never before its newest leaf', async () => {
  const { log, ct } = await newCtLog()
  const { timestampMs } = await ct.addPrecertificate(entry)
  for (const [nowMs, dated] of [
    [timestampMs - 5000, timestampMs],
    [timestampMs + 5000, timestampMs + 5000],
  ] as const) {
    const head = await ct.signedTreeHead(nowMs)
    expect(head).toMatchObject({ ...(await log.head()), timestampMs: dated })
    expect(verifyWithSpki(spki, treeHeadSignedBytes(head), head.signature)).toBe(true)
    const other = treeHeadSignedBytes({ ...head, size: head.size + 1 })
    expect(verifyWithSpki(spki, other, head.signature)).toBe(false)
  }
})

it('signs a tree head in the layout of RFC 6962 §3.5', () => {
  const bytes = treeHeadSignedBytes({ size: 258, root: new Uint8Array(32).fill(7), timestampMs: 2 ** 40 })
  expect(bytes).toEqual(decodeHex(['0001', '0000010000000000', '0000000000000102', '07'.repeat(32)].join('')))
})
