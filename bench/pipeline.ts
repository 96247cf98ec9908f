/** Whole pipelines: our template on the example, and the tutorial's file, in the same sandbox by the same program. */
import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import {
  builtExecutable,
  builtProgram,
  medianAndRange,
  ratio,
  runOf,
  type Call,
  type Run,
} from './commands.ts'
import { median, table } from './report.ts'
import { NO_TUTORIAL, tutorialProject } from './tutorial.ts'

const MAX_MS = 15 * 60_000
const HEAD = [
  'pipeline',
  'program',
  'seconds (range)',
  "the tutorial's file over it",
  'server and runner, RSS at most, MiB',
]
const root = join(import.meta.dirname, '..')

/**
 * One process is server and runner. The first runs of ours, not counted, make the layers; a rehearsal has no layers and
 * no data at all, so that each of the tutorial's is its first. They take turns.
 */
export async function benchPipeline(work: string, runs: number): Promise<string> {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'pipe' })
  const tutorial = tutorialProject(work)
  const sides = [
    ourSide(work, { name: 'executable', program: builtExecutable() }),
    ourSide(work, { name: 'Node', program: builtProgram() }),
    ...(tutorial === undefined ? [] : [tutorialSide(work, tutorial)]),
  ]
  for (const side of sides) if (side.isOurs) await runOf(side.call)
  const measured = new Map(sides.map((side) => [side, [] as Run[]]))
  for (let run = 0; run < runs; run += 1)
    for (const side of sides) measured.get(side)?.push(await runOf(side.call))
  const text = table(HEAD, rowsOf(measured))
  return tutorial === undefined ? `${text}\n\n${NO_TUTORIAL}` : text
}

interface Side {
  readonly isOurs: boolean
  readonly name: string
  readonly program: string
  readonly call: Call
}

interface Program {
  readonly name: string
  readonly program: readonly string[]
}

function ourSide(work: string, { name, program }: Program): Side {
  const project = join(work, `example-${name}`)
  cpSync(join(root, 'examples', 'hello-tools'), project, { recursive: true })
  const data = join(work, `pipeline-${name}`)
  const flags = ['-C', project, '--data', data, '--listen', '127.0.0.1:0', '--executor', 'sandbox', '--quiet']
  return {
    isOurs: true,
    name: 'our template on the example, layers made',
    program: name,
    call: { argv: [...program, 'run', ...flags], ...surroundings(work) },
  }
}

function tutorialSide(work: string, project: string): Side {
  return {
    isOurs: false,
    name: "the tutorial's file, no layers",
    program: 'executable',
    call: { argv: [...builtExecutable(), 'rehearse', '-C', project, '--quiet'], ...surroundings(work) },
  }
}

/** Layers are in the user's cache, which is of this bench only. */
function surroundings(work: string): Omit<Call, 'argv'> {
  return { cwd: work, env: { XDG_CACHE_HOME: join(work, 'cache') }, maxMs: MAX_MS }
}

function rowsOf(measured: ReadonlyMap<Side, readonly Run[]>): readonly (readonly string[])[] {
  const seconds = (runs: readonly Run[]): number[] => runs.map(({ ms }) => ms / 1000)
  const theirs = [...measured].find(([{ isOurs }]) => !isOurs)?.[1]
  return [...measured].map(([{ name, program, isOurs }, runs]) => [
    name,
    program,
    medianAndRange(seconds(runs)),
    isOurs && theirs !== undefined ? ratio(seconds(theirs), seconds(runs)) : '',
    median(runs.map(({ rssMiB }) => rssMiB)).toFixed(0),
  ])
}
