/** For tests only: what stands in for pip and the build front end. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { utf8, type Command, type Spawn } from '../../base/index.ts'
import { distributionOf } from '../../formats/python/archive/arrange.ts'
import { systemSpawn } from '../../host/index.ts'

export const WHEEL = 'a-1.0-py3-none-any.whl'
export const SDIST = 'a-1.0.tar.gz'

interface StandIn {
  /** What the n-th build writes; by default both files with equal bytes. */
  readonly build?: (output: string, command: Command, nth: number) => Promise<number>
  readonly pipExit?: number
}

export const writeBoth = async (output: string): Promise<number> => {
  for (const name of [WHEEL, SDIST]) await writeFile(join(output, name), distributionOf(name))
  return 0
}

/** Stands in for pip and the build front end; git and the comparison are the machine's. */
export function standIn({
  build = (output) => writeBoth(output),
  pipExit = 0,
}: StandIn): Spawn & { builds: Command[] } {
  const builds: Command[] = []
  const run: Spawn['run'] = async (command) => {
    const at = command.argv.indexOf('--outdir')
    if (command.argv.includes('pip')) {
      command.onOutput?.(utf8('no such package\u001b[2J\n'), 'stderr')
      return { exitCode: pipExit, signal: null }
    }
    if (at === -1) return systemSpawn.run(command)
    builds.push(command)
    return { exitCode: await build(command.argv[at + 1] ?? '', command, builds.length), signal: null }
  }
  return { run, builds }
}
