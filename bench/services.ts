/** Rekor, Fulcio and the timestamp authority, each against the stock server. */
import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseCertificatesPem } from '../src/formats/x509/index.ts'
import { ourAuthority, usualAuthority } from './authority-files.ts'
import { checkCertificate, checkEntry, checkTimestamp, readCertificates } from './answers.ts'
import { compare, shoot, type Batch, type Level, type Row, type Side } from './compare.ts'
import { trialToken, type Ours } from './ours.ts'
import { certificateRequest, entryRequest, timestampQuery, type Certified } from './requests.ts'
import { startFulcio, startRekor, startTimestampServer, type Stock } from './stock.ts'

export interface Setting {
  readonly work: string
  readonly ours: Ours
  readonly runs: number
  readonly maxSeconds: number
  /** Concurrent clients. */
  readonly clients: readonly number[]
  /** False to measure ours alone. */
  readonly withStock: boolean
}

export async function benchRekor(setting: Setting): Promise<readonly Row[]> {
  const levels = levelsOf(setting, { 1: 400, 8: 1200, 32: 2400 })
  const total = setting.runs * levels.reduce((sum, { count }) => sum + count, 0) + 500
  const pool = await certify(setting, total)
  const keys = new Map<number, Uint8Array>()
  const prepare = (count: number): Batch => ({
    requests: pool.splice(0, count).map(entryRequest),
    check: (side, body) => checkEntry(body, keys.get(side.port) ?? new Uint8Array()),
  })
  return against(
    setting,
    async () => [await startRekor({ work: setting.work, data: setting.ours.data })],
    async (sides) => {
      for (const { port } of sides) keys.set(port, await logKey(port))
      return compare({ ...setting, sides, levels, prepare })
    },
  )
}

export async function benchFulcio(setting: Setting): Promise<readonly Row[]> {
  const { ours } = setting
  const levels = levelsOf(setting, { 1: 300, 8: 800, 32: 1500 })
  const prepare = (count: number): Batch => {
    const token = trialToken(ours)
    const requests = Array.from({ length: count }, () => certificateRequest(token).request)
    return { requests, check: (_side, body) => checkCertificate(body) }
  }
  return against(
    setting,
    () => startFulcios(setting),
    (sides) => compare({ ...setting, sides, levels, prepare }),
  )
}

/** With our kind of keys, on our CT log where it is served; and with the keys that Fulcio usually has, without a log. */
async function startFulcios({ work, ours }: Setting): Promise<readonly Stock[]> {
  const roots = await fetch(`${ours.url}/ct/v1/get-roots`)
  await roots.arrayBuffer()
  const common = { work, data: ours.data, issuer: ours.url }
  return [
    await startFulcio({
      ...common,
      authority: ourAuthority(ours.data),
      ...(roots.ok
        ? { name: 'fulcio, our CT log, P-256', ctUrl: ours.url }
        : { name: 'fulcio, no CT log, P-256' }),
    }),
    await startFulcio({ ...common, authority: usualAuthority(work), name: 'fulcio, no CT log, P-384' }),
  ]
}

export async function benchTimestamps(setting: Setting): Promise<readonly Row[]> {
  const { work, ours } = setting
  const levels = levelsOf(setting, { 1: 3000, 8: 6000, 32: 6000 })
  const chain = parseCertificatesPem(readFileSync(join(ours.data, 'certificates', 'tsa.pem'), 'utf8'))
  const prepare = (count: number): Batch => {
    const queries = Array.from({ length: count }, timestampQuery)
    return {
      requests: queries.map(({ request }) => request),
      check: (_side, body, request) =>
        checkTimestamp(body, queries[request]?.digest ?? new Uint8Array(), chain),
    }
  }
  return against(
    setting,
    async () => [await startTimestampServer({ work, data: ours.data })],
    (sides) => compare({ ...setting, sides, levels, prepare }),
  )
}

/** Ours first. All are up at the same time, and one at a time is asked. */
async function against(
  { ours, withStock }: Setting,
  startStock: () => Promise<readonly Stock[]>,
  work: (sides: readonly Side[]) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const own: Side = { name: 'wheelseal', port: ours.port, pids: [ours.pid] }
  if (!withStock) return work([own])
  const stocks = await startStock()
  try {
    const theirs = stocks.map(({ name, port, parts }): Side => {
      return { name, port, pids: Object.values(parts).map(({ pid }) => pid) }
    })
    return await work([own, ...theirs])
  } finally {
    for (const stock of stocks) await stock.stop()
  }
}

/** A certificate of our authority for every entry, each over a key of its own. */
async function certify({ work, ours }: Setting, count: number): Promise<Certified[]> {
  const token = trialToken(ours)
  const asked = Array.from({ length: count }, () => certificateRequest(token))
  const { kept, refused, firstRefusal } = await shoot({
    work,
    side: { name: 'wheelseal', port: ours.port, pids: [ours.pid] },
    requests: asked.map(({ request }) => request),
    clients: 16,
    maxSeconds: 500,
    keepEvery: 1,
  })
  if (refused > 0) throw new Error(`certificates refused: ${firstRefusal}`)
  return kept.map(({ request, base64 }) => {
    const [certificatePem] = readCertificates(Buffer.from(base64, 'base64'))
    const key = asked[request]?.key
    if (certificatePem === undefined || key === undefined) throw new Error('an answer without a certificate')
    return { key, certificatePem }
  })
}

async function logKey(port: number): Promise<Uint8Array> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/log/publicKey`)
  const key = createPublicKey(await response.text())
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }))
}

function levelsOf({ clients }: Setting, counts: Readonly<Record<number, number>>): Level[] {
  return clients.map((one) => ({ clients: one, count: counts[one] ?? one * 100 }))
}
