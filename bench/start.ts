/** From the start of the process until it answers, and its memory three seconds later. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ourAuthority } from './authority-files.ts'
import { builtExecutable } from './commands.ts'
import { built, checkout, startOurs } from './ours.ts'
import { memoryMiB, type Memory } from './processes.ts'
import { median, round, table } from './report.ts'
import { startFulcio, startRekor, startTimestampServer, type Stock } from './stock.ts'

const STARTS = 5
const SETTLING_MS = 3000

/** Medians of five first starts, each on a new data directory, and of five later ones. */
export async function benchStart(work: string): Promise<string> {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: join(import.meta.dirname, '..'), stdio: 'pipe' })
  const rows: string[][] = []
  for (const [name, program] of [
    ['checkout', checkout],
    ['built package', built],
    ['executable', builtExecutable()],
  ] as const) {
    const folder = join(work, `start-${name.replace(' ', '-')}`)
    mkdirSync(folder)
    rows.push([`wheelseal, ${name}`, ...(await startsOf(folder, program))])
  }
  return table(['program', 'first start, ms', 'later starts, ms (range)', 'RSS, MiB', 'PSS, MiB'], rows)
}

async function startsOf(folder: string, program: readonly string[]): Promise<string[]> {
  const [first, later]: [number[], number[]] = [[], []]
  for (let start = 0; start < STARTS; start += 1) {
    const data = join(folder, String(start))
    first.push((await startOnce(data, program)).readyMs)
    later.push((await startOnce(data, program)).readyMs)
    rmSync(data, { recursive: true })
  }
  const { rss, pss } = await idleMemory(join(folder, 'memory'), program)
  const range = `${round(Math.min(...later))}–${round(Math.max(...later))}`
  return [round(median(first)), `${round(median(later))} (${range})`, round(rss), round(pss)]
}

async function startOnce(data: string, program: readonly string[]): Promise<{ readyMs: number }> {
  const ours = await startOurs(data, { program })
  await ours.stop()
  return ours
}

async function idleMemory(data: string, program: readonly string[]): Promise<Memory> {
  const ours = await startOurs(data, { program })
  await sleep(SETTLING_MS)
  const memory = memoryMiB([ours.pid])
  await ours.stop()
  return memory
}

/** The stock servers together, once. */
export async function benchStockMemory(work: string, data: string, issuer: string): Promise<string> {
  const options = { work, data }
  const stocks: Stock[] = []
  try {
    // Before rekor-server, which would take the port of its metrics.
    stocks.push(await startTimestampServer(options))
    stocks.push(await startRekor(options))
    stocks.push(await startFulcio({ ...options, name: 'fulcio', issuer, authority: ourAuthority(data) }))
    await sleep(SETTLING_MS)
    const parts = stocks.flatMap((stock) => Object.entries(stock.parts))
    const rows = parts.map(([name, { pid, readyMs }]) => ({ name, readyMs, memory: memoryMiB([pid]) }))
    const sum = (read: (row: (typeof rows)[number]) => number): string =>
      round(rows.reduce((total, row) => total + read(row), 0))
    return table(
      ['server', 'start, ms', 'RSS, MiB', 'PSS, MiB'],
      [
        ...rows.map(({ name, readyMs, memory }) => [
          name,
          round(readyMs),
          round(memory.rss),
          round(memory.pss),
        ]),
        [
          'all, no CT log among them',
          sum((row) => row.readyMs),
          sum((row) => row.memory.rss),
          sum((row) => row.memory.pss),
        ],
      ],
    )
  } finally {
    for (const stock of stocks) await stock.stop()
  }
}
