/** `uv sync` of 100 packages of one small wheel each, with an index that is 40 ms away: alone and through a gate. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { python, uv } from '../tests/support/judges.ts'
import { medianAndRange, timeOf } from './commands.ts'
import { TINY_NAMES, tinyName } from './gate-fixture.ts'
import { startGate, type GateOptions } from './gate-servers.ts'
import { median, table } from './report.ts'

interface InstallTimes {
  readonly alone: number[]
  readonly first: number[]
  readonly second: number[]
}

/** Each run has a gate of its own, so that it is empty; uv keeps nothing. */
export async function installsTable(options: GateOptions, runs: number): Promise<string> {
  const times: InstallTimes = { alone: [], first: [], second: [] }
  for (let run = -1; run < runs; run += 1) await addRun(options, run < 0 ? undefined : times)
  const { alone, first, second } = times
  const row = (name: string, ms: readonly number[]): string[] => [
    name,
    medianAndRange(ms),
    ms === alone ? '' : `${(median(ms) / median(alone)).toFixed(2)}×`,
  ]
  return table(
    ['uv sync of 100 packages, nothing kept by uv', 'ms (range)', 'over the index alone'],
    [row('the index alone', alone), row('an empty gate', first), row('the same gate again', second)],
  )
}

async function addRun(options: GateOptions, times: InstallTimes | undefined): Promise<void> {
  const { work, upstream } = options
  const alone = await sync(work, `${upstream}/simple/`)
  const gate = await startGate(options)
  try {
    const first = await sync(work, gate.simple)
    const second = await sync(work, gate.simple)
    times?.alone.push(alone)
    times?.first.push(first)
    times?.second.push(second)
  } finally {
    await gate.stop()
  }
}

let projects = 0

function sync(work: string, index: string): Promise<number> {
  projects += 1
  const folder = join(work, `project-${projects}`)
  mkdirSync(folder)
  const names = Array.from({ length: TINY_NAMES }, (_, at) => `"${tinyName(at)}"`)
  const project = `[project]\nname = "trial"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = [${names.join(', ')}]\n`
  writeFileSync(join(folder, 'pyproject.toml'), project)
  const argv = [
    uv,
    'sync',
    '--quiet',
    '--no-cache',
    '--no-config',
    '--python',
    python,
    '--default-index',
    index,
  ]
  return timeOf({ argv, cwd: folder, env: { UV_NO_PROGRESS: '1', UV_LINK_MODE: 'copy' } })
}
