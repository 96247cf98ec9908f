import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')
/** The launcher of this checkout. */
export const launcher = join(root, 'bin', 'wheelseal')
/** What `build.ts` built of this checkout; `.ci/long` has the tests run what is installed from the package. */
export const wheelseal = process.env['WHEELSEAL_UNDER_TEST'] ?? launcher
/** By `scripts/test-executable`; what takes minutes is then not run a second time. */
export const isExecutable = process.env['WHEELSEAL_EXECUTABLE'] !== undefined

/** Where programs keep their compiled code, whatever home they are given. */
const compiled = { NODE_COMPILE_CACHE: process.env['WHEELSEAL_COMPILED'] }

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface ProgramOptions {
  readonly cwd?: string
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * `$$` becomes the program. The watcher beside it reads a pipe that only the tests hold, and that ends with the program
 * or with the tests, also where these are killed: then nothing of the group goes on.
 */
const TIED = 'exec 3<&0; (cat <&3; kill -s KILL -- "-$$") >/dev/null 2>&1 & exec "$@" 3<&- </dev/null'

export type TiedProcess = ChildProcess & {
  readonly stdout: NonNullable<ChildProcess['stdout']>
  readonly stderr: NonNullable<ChildProcess['stderr']>
}

/** Starts a program that does not outlive the tests. Its standard input is empty. */
export function startProgram(argv: readonly string[], options: ProgramOptions = {}): TiedProcess {
  const child = spawn('/bin/sh', ['-c', TIED, 'tied', ...argv], {
    cwd: options.cwd,
    env: { ...compiled, ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  child.stdin.on('error', () => undefined)
  return child
}

/** Runs a program to its end; no shell of its own. */
export async function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<Outcome> {
  const child = startProgram(argv, options)
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}
