/** Commands that people type often, and what starts beside them: from the start of a process to its end. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { cosign3, gitlabCiLocal } from '../tests/support/judges.ts'
import { builtExecutable, inTurn, medianAndRange, milliseconds, node, timeOf, type Call } from './commands.ts'
import { median, table } from './report.ts'
import { NO_TUTORIAL, tutorialProject } from './tutorial.ts'

const EMPTY = 'node -e 0'
/** Milliseconds that a command may take over an empty program on Node. */
const ALLOWED_MS: Readonly<Record<string, number>> = {
  'wheelseal --help': 30,
  "wheelseal lint, the tutorial's project": 120,
  'wheelseal init, a new folder': 200,
}

type Sides = Record<string, (run: number) => Promise<number>>

/** Executable; a command or program that is not there is named below the table. */
export async function benchSmallCommands(work: string, runs: number): Promise<string> {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: join(import.meta.dirname, '..'), stdio: 'pipe' })
  const tutorial = tutorialProject(work)
  const missing: string[] = []
  const sides: Sides = { [EMPTY]: timing({ argv: [node, '-e', '0'], cwd: work }) }
  const add = (name: string, side: Sides[string] | string): void => {
    if (typeof side === 'string') missing.push(side)
    else sides[name] = side
  }
  add('wheelseal --help', timing({ argv: [...builtExecutable(), '--help'], cwd: work }))
  add("wheelseal lint, the tutorial's project", lint(tutorial))
  add('wheelseal init, a new folder', init(work))
  add('cosign 3.1.2 version', stock(cosign3, { argv: [cosign3, 'version'], cwd: work }))
  add('gitlab-ci-local --list, the same project', listOf(tutorial))
  const times = await inTurn(sides, runs)
  const text = table(['command', 'ms (range)', 'over node -e 0, ms', 'allowed'], rowsOf(times))
  return [text, ...missing].join('\n\n')
}

function rowsOf(times: Readonly<Record<string, readonly number[]>>): readonly (readonly string[])[] {
  const empty = median(times[EMPTY] ?? [])
  return Object.entries(times).map(([name, own]) => [
    name,
    medianAndRange(own, milliseconds),
    name === EMPTY ? '' : (median(own) - empty).toFixed(0),
    String(ALLOWED_MS[name] ?? ''),
  ])
}

function timing(call: Call): Sides[string] {
  return () => timeOf(call)
}

/** Exit 1: it has findings. */
function lint(tutorial: string | undefined): Sides[string] | string {
  if (tutorial === undefined) return NO_TUTORIAL
  return timing({ argv: [...builtExecutable(), 'lint'], cwd: tutorial, exits: [1] })
}

function init(work: string): Sides[string] | string {
  const [program = ''] = builtExecutable()
  const help = execFileSync(program, ['--help'], { encoding: 'utf8' })
  if (!/^ +init\b/m.test(help)) return 'init is not measured: this program has no such command'
  const parent = join(work, 'init')
  let count = 0
  return () => {
    const cwd = join(parent, String((count += 1)), 'hello-tools')
    mkdirSync(cwd, { recursive: true })
    return timeOf({ argv: [program, 'init', '--yes', '--for', 'local'], cwd })
  }
}

function stock(path: string, call: Call): Sides[string] | string {
  return existsSync(path) ? timing(call) : `${path} is not measured: scripts/judges installs it`
}

function listOf(tutorial: string | undefined): Sides[string] | string {
  if (tutorial === undefined) return NO_TUTORIAL
  return stock(gitlabCiLocal, { argv: [node, gitlabCiLocal, '--list'], cwd: tutorial })
}
