/** `wheelseal audit` of a lock and of an environment, with a gate that has judged all of it before. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { python, uv } from '../tests/support/judges.ts'
import { builtProgram, medianAndRange, timeOf } from './commands.ts'
import { SEALED_NAMES, sealedName } from './gate-fixture.ts'
import { startGate, type GateOptions } from './gate-servers.ts'
import { table } from './report.ts'

const INSTALLED = 50

export async function auditTable(options: GateOptions, runs: number): Promise<string> {
  const gate = await startGate(options)
  try {
    const lock = writeLock(options)
    const environment = await makeEnvironment(options, gate.simple)
    const rows: string[][] = []
    for (const [title, what] of [
      [`requirements.txt, ${SEALED_NAMES} distributions, each with a seal`, lock],
      [`environment, ${INSTALLED} packages, each with a seal`, environment],
    ] as const) {
      const argv = [...builtProgram(), 'audit', what, '--quiet', '--gate', `${gate.url}/gate/prod`]
      const times: number[] = []
      for (let run = 0; run <= runs; run += 1) times.push(await timeOf({ argv, cwd: options.work }))
      // What the first one asks for is kept for the others.
      times.shift()
      rows.push([title, medianAndRange(times)])
    }
    return table(['wheelseal audit', 'ms (range)'], rows)
  } finally {
    await gate.stop()
  }
}

function sealedNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => sealedName(at))
}

function writeLock({ work, fixture }: GateOptions): string {
  const lines = sealedNames(SEALED_NAMES).map((name) => {
    const [file] = fixture.index[name] ?? []
    return `${name}==1.0 --hash=sha256:${file?.sha256}\n`
  })
  const path = join(work, 'requirements.txt')
  writeFileSync(path, lines.join(''))
  return path
}

async function makeEnvironment({ work }: GateOptions, index: string): Promise<string> {
  const folder = join(work, 'audited')
  await timeOf({ argv: [uv, 'venv', '--quiet', '--no-config', '--python', python, folder], cwd: work })
  const install = [uv, 'pip', 'install', '--quiet', '--no-cache', '--no-config', '--python', folder]
  const argv = [...install, '--default-index', index, ...sealedNames(INSTALLED)]
  await timeOf({ argv, cwd: work })
  return folder
}
