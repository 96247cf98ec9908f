/** Tables of medians in Markdown. */
import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import type { Measurement, Row } from './compare.ts'

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const at = (index: number): number => sorted[index] ?? 0
  return Number.isInteger(middle) ? (at(middle - 1) + at(middle)) / 2 : at(Math.floor(middle))
}

export function machineLine(): string {
  const git = (...args: readonly string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--', 'src').length > 0 ? ' with changes' : ''
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  const commit = git('rev-parse', '--short', 'HEAD')
  return `${new Date().toISOString().slice(0, 16)}Z, commit ${commit}${changed}, Node ${process.version}, ${cpus().length} cores (${cpu?.model}), ${memory} GiB`
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const HEAD = [
  'server',
  'clients',
  'per second (range)',
  'p50 ms',
  'p95 ms',
  'CPU ms per request',
  'ratio',
  'generator, of one core',
  'others',
]

/** The ratio is ours, the first side, over the row's. */
export function comparisonTable(rows: readonly Row[]): string {
  const [first] = rows
  const rateOf = (row: Row): number => medianOf(row, ({ perSecond }) => perSecond)
  const ours = (clients: number): number => {
    const row = rows.find((one) => one.side === first?.side && one.clients === clients)
    return row === undefined ? 0 : rateOf(row)
  }
  return table(
    HEAD,
    rows.map((row) => {
      const isOurs = row.side === first?.side
      return cellsOf(row, isOurs ? '' : `${(ours(row.clients) / rateOf(row)).toFixed(1)}×`)
    }),
  )
}

function cellsOf(row: Row, ratio: string): string[] {
  const rates = row.measurements.map(({ perSecond }) => perSecond)
  const percent = (share: number): string => `${Math.round(share * 100)} %`
  return [
    row.side,
    String(row.clients),
    `${round(median(rates))} (${round(Math.min(...rates))}–${round(Math.max(...rates))})`,
    round(medianOf(row, ({ p50Ms }) => p50Ms)),
    round(medianOf(row, ({ p95Ms }) => p95Ms)),
    medianOf(row, ({ serverCpuMs }) => serverCpuMs).toFixed(2),
    ratio,
    percent(medianOf(row, ({ generatorShare }) => generatorShare)),
    percent(medianOf(row, ({ othersShare }) => othersShare)),
  ]
}

function medianOf({ measurements }: Row, read: (one: Measurement) => number): number {
  return median(measurements.map(read))
}

export function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1)
}
