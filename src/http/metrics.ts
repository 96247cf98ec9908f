/**
 * The exposition format of Prometheus (text, 0.0.4), as far as a server needs it: counters, histograms, and gauges that
 * are read when somebody asks. Our own, because prom-client costs 100 ms and 21 MB at every start, more than the rest of
 * the server's edge; what it has beyond this (summaries, push, clusters) is not used here.
 */
export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels?: Labels
  readonly value: number
}

export interface Metrics {
  /** `name` ends in `_total`. */
  counter(name: string, help: string): (labels?: Labels) => void
  histogram(name: string, help: string): (value: number, labels?: Labels) => void
  /** A counter where its name ends in `_total`. */
  gauge(name: string, help: string, read: () => readonly Sample[] | Promise<readonly Sample[]>): void
  /** A gauge that cannot be read is left out; the others stay. */
  text(): Promise<string>
}

/** Seconds: from what memory answers to what a large upload takes. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

type Family = () => Promise<string>

export function createMetrics(): Metrics {
  const families: Family[] = []
  return {
    counter: (name, help) => {
      const values = new Map<string, Required<Sample>>()
      families.push(async () => family({ name, help, type: 'counter' }, [...values.values()]))
      return (labels = {}) => {
        const key = JSON.stringify(labels)
        values.set(key, { labels, value: (values.get(key)?.value ?? 0) + 1 })
      }
    },
    histogram: (name, help) => {
      const series = new Map<string, Series>()
      families.push(async () => histogramText(name, help, [...series.values()]))
      return (value, labels = {}) => observe(series, labels, value)
    },
    gauge: (name, help, read) => {
      const type = name.endsWith('_total') ? 'counter' : 'gauge'
      families.push(async () => family({ name, help, type }, await read()))
    },
    text: async () => (await Promise.all(families.map((one) => one().catch(() => '')))).join(''),
  }
}

interface Head {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
}

function family({ name, help, type }: Head, samples: readonly Sample[]): string {
  return heading(name, help, type) + samples.map(({ labels, value }) => line(name, labels, value)).join('')
}

interface Series {
  readonly labels: Labels
  /** Not added up: each value is in one of them. */
  readonly counts: number[]
  sum: number
}

function observe(series: Map<string, Series>, labels: Labels, value: number): void {
  const key = JSON.stringify(labels)
  const one = series.get(key) ?? {
    labels,
    counts: Array.from({ length: BUCKETS.length + 1 }, () => 0),
    sum: 0,
  }
  const found = BUCKETS.findIndex((bound) => value <= bound)
  const index = found === -1 ? BUCKETS.length : found
  one.counts[index] = (one.counts[index] ?? 0) + 1
  one.sum += value
  series.set(key, one)
}

function histogramText(name: string, help: string, series: readonly Series[]): string {
  const lines = series.flatMap(({ labels, counts, sum }) => {
    let total = 0
    const buckets = [...BUCKETS.map(String), '+Inf'].map((le, index) => {
      total += counts[index] ?? 0
      return line(`${name}_bucket`, { ...labels, le }, total)
    })
    return [...buckets, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, total)]
  })
  return heading(name, help, 'histogram') + lines.join('')
}

function heading(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
}

function line(name: string, labels: Labels | undefined, value: number): string {
  const pairs = Object.entries(labels ?? {}).map(([key, text]) => `${key}="${escaped(text)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`
}

function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`)
}
