/** Reading entries by random index from a small and a large log; both are warm. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { randomInt } from 'node:crypto'
import { shoot } from './compare.ts'
import type { Request } from './http-bytes.ts'
import { startOurs, type Ours } from './ours.ts'
import { memoryMiB } from './processes.ts'
import { median, round, table } from './report.ts'

const STARTS = 5
const READS = 3000
const MAX_SECONDS = 20

/** `data` is a data directory of ours without a server; it is copied, and kept for the next time beside the copy. */
export async function benchReads(work: string, data: string, sizes: readonly number[]): Promise<string> {
  const rows: string[][] = []
  for (const size of sizes) {
    const filled = join(work, `log-${size}`)
    if (!existsSync(filled)) {
      // With the modes of the folders.
      execFileSync('cp', ['-a', data, filled])
      execFileSync(process.execPath, [join(import.meta.dirname, 'fill.ts'), filled, String(size)])
    }
    rows.push([String(size), ...(await readsOf(work, filled, size))])
  }
  return table(['entries', 'p50 ms', 'p95 ms', 'reads/s of 1 client', 'start, ms', 'RSS, MiB'], rows)
}

async function readsOf(work: string, data: string, size: number): Promise<string[]> {
  const starts: number[] = []
  for (let count = 1; count < STARTS; count += 1) {
    const ours = await startOurs(data)
    starts.push(ours.readyMs)
    await ours.stop()
  }
  const ours = await startOurs(data)
  starts.push(ours.readyMs)
  try {
    await readRandomly(work, ours, size)
    const { p50Ms, p95Ms, answered, seconds } = await readRandomly(work, ours, size)
    const rss = round(memoryMiB([ours.pid]).rss)
    const times = [p50Ms, p95Ms].map((ms) => ms.toFixed(2))
    return [...times, round(answered / seconds), round(median(starts)), rss]
  } finally {
    await ours.stop()
  }
}

async function readRandomly(work: string, ours: Ours, size: number) {
  const requests = Array.from({ length: READS }, (): Request => {
    return { method: 'GET', path: `/api/v1/log/entries?logIndex=${randomInt(size)}` }
  })
  const side = { name: 'wheelseal', port: ours.port, pids: [ours.pid] }
  const load = { work, side, requests, clients: 1, maxSeconds: MAX_SECONDS, keepEvery: READS }
  const result = await shoot(load)
  if (result.refused > 0) throw new Error(`a read was refused: ${result.firstRefusal}`)
  return result
}
