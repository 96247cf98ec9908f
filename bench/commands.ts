/** Programs that are started, wait and end: their time, in turn, and their memory. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { median, round } from './report.ts'

const root = join(import.meta.dirname, '..')
/** The Node of the checkout. */
export const node = join(root, 'node_modules', '.bin', 'node')

export interface Call {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

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

/** Milliseconds from the start of a process until it has ended. Throws for any other exit than 0. */
export async function timeOf({ argv, cwd, env }: Call): Promise<number> {
  const [program = '', ...args] = argv
  const began = performance.now()
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const errors: string[] = []
  child.stderr?.on('data', (part: Buffer) => errors.push(part.toString()))
  const [code] = (await once(child, 'exit')) as [number | null]
  const ms = performance.now() - began
  if (code !== 0)
    throw new Error(`${program} ${args.slice(0, 2).join(' ')}: exit ${code}\n${errors.join('')}`)
  return ms
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
