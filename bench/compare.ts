/** The same requests at both sides, in turn, level by level. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { formatRequest, packRequests, type Request } from './http-bytes.ts'
import type { LoadResult, LoadSpec } from './load.ts'
import { cpuMsOf, machineBusyMs } from './processes.ts'

export interface Side {
  readonly name: string
  readonly port: number
  readonly pids: readonly number[]
}

export interface Level {
  readonly clients: number
  /** At most so many requests, in at most `maxSeconds`. */
  readonly count: number
}

export interface Batch {
  readonly requests: readonly Request[]
  /** Throws when the answer to that request does not prove what it must. */
  check(side: Side, body: Buffer, request: number): void
}

export interface Comparison {
  readonly work: string
  readonly sides: readonly Side[]
  readonly levels: readonly Level[]
  readonly runs: number
  readonly maxSeconds: number
  /** New requests for one run, sent once to each side. */
  readonly prepare: (count: number) => Batch
}

export interface Measurement {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly serverCpuMs: number
  /** Shares of the whole machine, 0 to 1. */
  readonly generatorShare: number
  readonly othersShare: number
}

export interface Row {
  readonly side: string
  readonly clients: number
  readonly measurements: readonly Measurement[]
}

export interface Shot {
  readonly work: string
  readonly side: Side
  readonly requests: readonly Request[]
  readonly clients: number
  readonly maxSeconds: number
  readonly keepEvery: number
}

const KEEP_EVERY = 50
/** Uncounted requests for every side before each level, for compilers and caches. */
const WARM_UP = { clients: 8, count: 200, maxSeconds: 3 } as const

export async function compare(comparison: Comparison): Promise<readonly Row[]> {
  const { sides, levels, runs, prepare } = comparison
  for (const side of sides) {
    await measure({ comparison, side, batch: prepare(WARM_UP.count), ...WARM_UP })
  }
  const rows: Row[] = []
  for (const { clients, count } of levels) {
    const found = sides.map(({ name }) => ({ side: name, clients, measurements: [] as Measurement[] }))
    for (let run = 0; run < runs; run += 1) {
      const batch = prepare(count)
      for (const [at, side] of sides.entries()) {
        const one = await measure({ comparison, side, batch, clients, maxSeconds: comparison.maxSeconds })
        found[at]?.measurements.push(one)
      }
    }
    rows.push(...found)
  }
  return rows
}

interface Turn {
  readonly comparison: Comparison
  readonly side: Side
  readonly batch: Batch
  readonly clients: number
  readonly maxSeconds: number
}

async function measure({ comparison, side, batch, clients, maxSeconds }: Turn): Promise<Measurement> {
  const { work } = comparison
  const [cpuBefore, machineBefore] = [cpuMsOf(side.pids), machineBusyMs()]
  const result = await shoot({
    work,
    side,
    requests: batch.requests,
    clients,
    maxSeconds,
    keepEvery: KEEP_EVERY,
  })
  const serverCpu = cpuMsOf(side.pids) - cpuBefore
  const machine = machineBusyMs()
  if (result.answered === 0 || result.refused > 0) {
    throw new Error(`${side.name}: ${result.refused} requests refused, first with ${result.firstRefusal}`)
  }
  for (const { request, base64 } of result.kept) batch.check(side, Buffer.from(base64, 'base64'), request)
  const total = machine.total - machineBefore.total
  const own = serverCpu + result.processCpuMs
  return {
    perSecond: result.answered / result.seconds,
    p50Ms: result.p50Ms,
    p95Ms: result.p95Ms,
    serverCpuMs: serverCpu / result.answered,
    generatorShare: result.generatorCpuMs / (result.seconds * 1000),
    othersShare: Math.max(0, (machine.busy - machineBefore.busy - own) / total),
  }
}

/** One load by a process of its own. */
export async function shoot({ work, side, requests, ...rest }: Shot): Promise<LoadResult> {
  const file = join(work, 'requests.bin')
  const host = `127.0.0.1:${side.port}`
  writeFileSync(file, packRequests(requests.map((request) => formatRequest(host, request))))
  const spec: LoadSpec = { port: side.port, requests: file, ...rest }
  const specFile = join(work, 'load.json')
  writeFileSync(specFile, JSON.stringify(spec))
  const program = join(import.meta.dirname, 'load.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [program, specFile], {
    maxBuffer: 512 * 1024 * 1024,
  })
  return JSON.parse(stdout) as LoadResult
}
