/** Programs that are started, wait and end: their time, in turn, and their memory. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { mostRssMiB } from './processes.ts'
import { median, round } from './report.ts'

const root = join(import.meta.dirname, '..')
/** The Node of the checkout. */
export const node = join(root, 'node_modules', '.bin', 'node')

export interface Call {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** Default: 0 only. */
  readonly exits?: readonly number[]
  /** It is ended after this. */
  readonly maxMs?: number
}

const LOOK_MS = 20
const MOST_TOLD = 4000

/** What `npm run build` makes, as the package starts it. */
export function builtProgram(): readonly string[] {
  const names = ['start.mjs', 'wheelseal.mjs', 'wheelseal.js']
  const found = names.map((name) => join(root, 'dist', name)).find((path) => existsSync(path))
  if (found === undefined) throw new Error('nothing is built: npm run build')
  return [node, found]
}

/** What `npm run build` compiles for this machine. */
export function builtExecutable(): readonly string[] {
  return [join(root, 'dist', `wheelseal-${process.platform}-${process.arch}`)]
}

export interface Run {
  /** From the start of the process until it has ended. */
  readonly ms: number
  /** At most, of the process alone; seen every 20 ms. */
  readonly rssMiB: number
}

/** Throws for any other exit than `exits`. */
export async function runOf({ argv, cwd, env, exits = [0], maxMs }: Call): Promise<Run> {
  const [program = '', ...args] = argv
  const began = performance.now()
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(maxMs === undefined ? {} : { timeout: maxMs }),
  })
  const errors: string[] = []
  child.stderr?.on('data', (part: Buffer) => errors.push(part.toString()))
  let rssMiB = 0
  const look = setInterval(() => {
    rssMiB = Math.max(rssMiB, mostRssMiB(child.pid ?? 0))
  }, LOOK_MS)
  const [code] = (await once(child, 'exit')) as [number | null]
  clearInterval(look)
  const ms = performance.now() - began
  if (code === null || !exits.includes(code))
    throw new Error(
      `${program} ${args.slice(0, 2).join(' ')}: exit ${code}\n${errors.join('').slice(-MOST_TOLD)}`,
    )
  return { ms, rssMiB }
}

export async function timeOf(call: Call): Promise<number> {
  return (await runOf(call)).ms
}

/** One after the other, each as one run of a side. */
export async function timeOfAll(calls: readonly Call[]): Promise<number> {
  let sum = 0
  for (const call of calls) sum += await timeOf(call)
  return sum
}

/** Every side once, uncounted, then all in turn, run by run. The times by side. */
export async function inTurn<Side extends string>(
  sides: Readonly<Record<Side, (run: number) => Promise<number> | number>>,
  runs: number,
): Promise<Readonly<Record<Side, readonly number[]>>> {
  const names = Object.keys(sides) as Side[]
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Side, number[]>
  for (let run = -1; run < runs; run += 1) {
    for (const name of names) {
      const ms = await sides[name](Math.max(run, 0))
      if (run >= 0) times[name].push(ms)
    }
  }
  return times
}

/** `1.23 (1.10–1.98)` */
export function medianAndRange(values: readonly number[], shown: (value: number) => string = round): string {
  return `${shown(median(values))} (${shown(Math.min(...values))}–${shown(Math.max(...values))})`
}

export function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(2) : round(value)
}

export function ratio(theirs: readonly number[], ours: readonly number[]): string {
  return `${(median(theirs) / median(ours)).toFixed(1)}×`
}
