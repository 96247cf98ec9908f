import { parseJson, printable, utf8, type Spawn } from '../../base/index.ts'
import { runnerErrors } from '../errors.ts'
import type { SandboxOrder } from './order.ts'

/** 128 + 9: who enters is itself killed only together with its group. */
const KILLED = 137
const MAX_TOLD_LENGTH = 64 << 10

export interface Entry {
  readonly spawn: Spawn
  /** Starts the program of `inside/`. */
  readonly entry: readonly [string, ...string[]]
  readonly order: SandboxOrder
  readonly signal?: AbortSignal
  readonly onOutput: (chunk: Uint8Array) => void
  /** What before_script has made is complete in its folder, and so large. */
  readonly onLayer?: (bytes: number) => void
}

/** What kept a script from being started. */
export interface EntryFailure {
  /** In the words of the program of `inside/`. */
  readonly step: string
  readonly why: string
}

/** Runs one script in new namespaces and ends all that it has left. Throws `runner.sandbox` where it could not start. */
export async function enterSandbox(entry: Entry): Promise<number> {
  const { exitCode, failure } = await tryEntering(entry)
  if (failure === undefined || entry.signal?.aborted === true) return exitCode
  const reason = printable(`${failure.step}: ${failure.why}`)
  throw runnerErrors('runner.sandbox', `the sandbox could not be entered: ${reason}`)
}

export interface Entered {
  readonly exitCode: number
  readonly failure: EntryFailure | undefined
}

export async function tryEntering(options: Entry): Promise<Entered> {
  const { spawn, entry, order, signal, onOutput } = options
  let told = ''
  const { exitCode } = await spawn.run({
    argv: entry,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    input: utf8(JSON.stringify(order)),
    ...(signal === undefined ? {} : { signal }),
    onOutput: (chunk, stream) => {
      if (stream === 'stdout') onOutput(chunk)
      else told = (told + Buffer.from(chunk).toString('utf8')).slice(0, MAX_TOLD_LENGTH)
    },
  })
  const facts = factsIn(told)
  const layer = facts.find((fact) => typeof fact.layer === 'number')
  if (layer !== undefined) options.onLayer?.(Number(layer.layer))
  const ended = facts.map(reasonOfEnd).find((reason) => reason !== undefined)
  if (ended !== undefined) onOutput(utf8(`\nwheelseal: ${ended}\n`))
  return { exitCode: exitCode ?? KILLED, failure: failureOf(facts, told) }
}

/** What the program of `inside/` tells, a line of JSON each. */
interface Fact {
  readonly entered?: unknown
  readonly failed?: unknown
  readonly why?: unknown
  readonly layer?: unknown
  readonly disk?: unknown
  readonly free?: unknown
  readonly folders?: unknown
}

function factsIn(told: string): readonly Fact[] {
  return told.split('\n').flatMap((line) => {
    try {
      const fact = parseJson(line)
      return typeof fact === 'object' && fact !== null && !Array.isArray(fact) ? [fact as Fact] : []
    } catch {
      return []
    }
  })
}

function reasonOfEnd({ disk, free, folders }: Fact): string | undefined {
  if (folders !== undefined) return 'the job was ended: it made too many folders, or too deep ones, to count'
  if (typeof disk !== 'number' || typeof free !== 'number') return undefined
  return `the job was ended: its files take ${mebibytes(disk)} MiB, and the disk has ${mebibytes(free)} MiB left`
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}

function failureOf(facts: readonly Fact[], told: string): EntryFailure | undefined {
  const fact = facts.find(({ failed }) => failed !== undefined)
  if (fact !== undefined) return { step: String(fact.failed), why: String(fact.why) }
  if (facts.some(({ entered }) => entered === true)) return undefined
  return { step: 'start', why: told.slice(-400).trim() }
}
