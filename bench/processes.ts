/** Servers as processes: started, found ready, weighed, and ended by their own ids. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Running {
  readonly pid: number
  /** Milliseconds from the start of the process until it was ready. */
  readonly readyMs: number
  /** SIGTERM, or the signal that this program calls orderly. */
  stop(): Promise<void>
}

export interface StartOptions {
  readonly argv: readonly string[]
  readonly logFile: string
  readonly isReady: () => Promise<boolean>
  readonly cwd?: string
  readonly stopSignal?: NodeJS.Signals
}

const READY_POLL_MS = 8
const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 10_000
/** USER_HZ of Linux. */
const TICK_MS = 10
const PAGE_KIB = 1024

export async function start(options: StartOptions): Promise<Running> {
  const [program = '', ...args] = options.argv
  const output = openSync(options.logFile, 'a')
  const began = performance.now()
  const child = spawn(program, args, { cwd: options.cwd, stdio: ['ignore', output, output] })
  const exited = once(child, 'exit')
  alive.add(child)
  child.once('exit', () => alive.delete(child))
  while (!(await options.isReady())) {
    if (child.exitCode !== null || performance.now() - began > READY_TIMEOUT_MS) {
      child.kill('SIGKILL')
      throw new Error(`${program} did not start:\n${readFileSync(options.logFile, 'utf8').slice(-2000)}`)
    }
    await sleep(READY_POLL_MS)
  }
  const readyMs = performance.now() - began
  return { pid: child.pid ?? 0, readyMs, stop: () => stop(child, exited, options.stopSignal ?? 'SIGTERM') }
}

/** A bench that fails half-way leaves nothing running. */
const alive = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

async function stop(child: ChildProcess, exited: Promise<unknown>, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(timer)
}

/** For `isReady`: true once the URL answers 200. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return address !== null && typeof address === 'object' ? address.port : 0
}

/** User and system time of the processes and of all below them, those that have ended included. */
export function cpuMsOf(pids: readonly number[]): number {
  const wanted = withDescendants(pids)
  return wanted.reduce((sum, pid) => sum + ticksOf(pid), 0) * TICK_MS
}

/** Of the whole machine, idle time left out. */
export function machineBusyMs(): { readonly busy: number; readonly total: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number)
  const total = ticks.reduce((sum, one) => sum + one, 0)
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0)
  return { busy: (total - idle) * TICK_MS, total: total * TICK_MS }
}

/** MiB. Pages that are shared count once in PSS, and in every process in RSS. */
export interface Memory {
  readonly pss: number
  readonly rss: number
}

export function memoryMiB(pids: readonly number[]): Memory {
  const fields = (pid: number, name: string): number => {
    const [, kib] = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(read(`/proc/${pid}/smaps_rollup`)) ?? []
    return Number(kib ?? 0)
  }
  const all = withDescendants(pids)
  const sum = (name: string): number => all.reduce((total, pid) => total + fields(pid, name), 0) / PAGE_KIB
  return { pss: sum('Pss'), rss: sum('Rss') }
}

/** Since the start of the process (proc(5)); 0 when it has ended. */
export function mostRssMiB(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / PAGE_KIB
}

function withDescendants(pids: readonly number[]): number[] {
  const parents = new Map(allPids().map((pid) => [pid, parentOf(pid)]))
  const belongs = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (pids.includes(pid) || belongs(parents.get(pid)))
  return [...parents.keys()].filter(belongs)
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function parentOf(pid: number): number {
  return Number(statOf(pid)[1] ?? 0)
}

/** utime, stime, and those of children that were waited for (proc(5)). */
function ticksOf(pid: number): number {
  return statOf(pid)
    .slice(11, 15)
    .reduce((sum, field) => sum + Number(field), 0)
}

/** From the state on: the name before it may hold spaces. */
function statOf(pid: number): string[] {
  return read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? []
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
