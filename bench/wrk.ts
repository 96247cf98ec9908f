/** `wrk` with one thread and eight clients, in turn over several servers. */
import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cpuMsOf } from './processes.ts'

/** A server and what it is asked for. */
export interface Target {
  readonly side: string
  readonly url: string
  /** A file with one path a line, asked for in turn; without one the URL itself. */
  readonly paths?: string
  /** Beside `Accept`: `Name: value`. */
  readonly headers?: readonly string[]
  /** Of each answer. Large ones are counted by their bytes: one that is under way at the end counts in part. */
  readonly answerBytes?: number
  readonly pids: readonly number[]
}

export interface Shooting {
  readonly runs: number
  readonly seconds: number
}

export interface Shots {
  readonly side: string
  /** By run. */
  readonly perSecond: readonly number[]
  readonly bytesPerSecond: readonly number[]
  readonly p50Ms: readonly number[]
  readonly p99Ms: readonly number[]
  /** Of the server's processes, for a request. */
  readonly cpuMs: readonly number[]
}

interface Report {
  readonly requests: number
  readonly seconds: number
  readonly bytes: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly failed: number
}

const CLIENTS = 8
const WARM_UP_SECONDS = 1
const SCRIPT = join(import.meta.dirname, 'wrk.lua')

export function hasWrk(): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v wrk'], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

/** Each once, uncounted, then all in turn, run by run. Throws when a request is refused. */
export async function shootInTurn(
  targets: readonly Target[],
  { runs, seconds }: Shooting,
): Promise<readonly Shots[]> {
  for (const target of targets) await shootOnce(target, WARM_UP_SECONDS)
  const found = targets.map((): { cpuMs: number; report: Report }[] => [])
  for (let run = 0; run < runs; run += 1)
    for (const [at, target] of targets.entries()) found[at]?.push(await shootOnce(target, seconds))
  return targets.map(({ side }, at) => {
    const all = (read: (report: Report) => number): number[] =>
      (found[at] ?? []).map(({ report }) => read(report))
    return {
      side,
      perSecond: all((report) => report.requests / report.seconds),
      bytesPerSecond: all((report) => report.bytes / report.seconds),
      p50Ms: all((report) => report.p50Ms),
      p99Ms: all((report) => report.p99Ms),
      cpuMs: (found[at] ?? []).map(({ cpuMs, report }) => cpuMs / report.requests),
    }
  })
}

async function shootOnce(target: Target, seconds: number) {
  const { side, url, paths, pids, answerBytes, headers = [] } = target
  const args = ['-t1', `-c${CLIENTS}`, `-d${seconds}s`, '--timeout', '20s', '-s', SCRIPT]
  const header = ['Accept: application/vnd.pypi.simple.v1+json', ...headers].flatMap((one) => ['-H', one])
  const rest = paths === undefined ? [] : ['--', paths]
  const before = cpuMsOf(pids)
  const { stdout } = await promisify(execFile)('wrk', [...args, ...header, url, ...rest])
  const cpuMs = cpuMsOf(pids) - before
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report
  if (report.bytes === 0 || report.failed > 0)
    throw new Error(`${side}: of ${report.requests} requests for ${url} ${report.failed} failed`)
  const requests = answerBytes === undefined ? report.requests : report.bytes / answerBytes
  return { cpuMs, report: { ...report, requests } }
}
