import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { decodeHex, sha256, utf8 } from '../../base/index.ts'
import { leafHash } from '../../formats/merkle/index.ts'
import { merkleTreeLeaf, sctSignedBytes, verifyWithSpki } from '../../formats/x509/index.ts'
import { arrangeLog } from '../../log/arrange.ts'
import { openLog } from '../../log/index.ts'
import { createCtLog, ctGenesis, ctKeysOf, treeHeadSignedBytes } from './index.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
const entry = {
  tbs: utf8('a tbs certificate'),
  issuerKeyHash: sha256(utf8('issuer')),
  precertificate: utf8('poisoned'),
  chain: [utf8('issuer'), utf8('root')],
}

const root = utf8('a root')
const genesis = ctGenesis(root, 1_900_000_000_000)

async function newCtLog(clock = clockAt(1_900_000_000_123)) {
  const { log } = await arrangeLog({ clock, genesis, keysOf: ctKeysOf })
  return { log, ct: createCtLog({ log, key: privateKey }) }
}

function clockAt(start: number) {
  let now = start
  return { nowMs: () => now, sleep: async () => undefined, set: (ms: number) => void (now = ms) }
}

it('gives an SCT for what is in the tree already, with the time of its leaf', async () => {
  const { log, ct } = await newCtLog()
  const sct = await ct.addPrecertificate(entry)
  const logged = { ...entry, timestampMs: sct.timestampMs, extensions: sct.extensions }
  expect(sct.logId).toEqual(sha256(spki))
  expect(verifyWithSpki(spki, sctSignedBytes(logged), sct.signature)).toBe(true)
  expect(await log.find(leafHash(merkleTreeLeaf(logged)))).toBe(1)
})

it('gives the same SCT for the same precertificate whenever it comes, and logs it once', async () => {
  const clock = clockAt(1_900_000_000_123)
  const { log, ct } = await newCtLog(clock)
  const first = await ct.addPrecertificate(entry)
  clock.set(1_900_000_099_999)
  const again = await ct.addPrecertificate({ ...entry, chain: [utf8('another chain')] })
  expect(again.timestampMs).toBe(first.timestampMs)
  expect((await log.head()).size).toBe(2)
})

it('keeps beside the leaf what others need to judge it: PrecertChainEntry of RFC 6962 §3.1', async () => {
  const { log, ct } = await newCtLog()
  await ct.addPrecertificate(entry)
  const text = Buffer.from((await log.entry(1))!.extra).toString('latin1')
  expect(text).toBe('\0\0\x08poisoned\0\0\x10\0\0\x06issuer\0\0\x04root')
})

it('begins with the root, as an entry that any monitor can read', async () => {
  const { log } = await newCtLog()
  const text = Buffer.from((await log.entry(0))!.leaf).toString('latin1')
  expect(text.slice(10)).toBe('\0\0\0\0\x06a root\0\0')
})

it('gives no SCT when the log cannot commit', async () => {
  const { parts } = await arrangeLog({ genesis, keysOf: ctKeysOf })
  const log = await openLog(parts)
  await log.close()
  await expect(createCtLog({ log, key: privateKey }).addPrecertificate(entry)).rejects.toMatchObject({
    code: 'log.poisoned',
  })
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
