import { join } from 'node:path'
import { root, runProgram, type Outcome } from './program.ts'
import { temporaryFolder } from './server.ts'

export interface BuiltPackage {
  /** Holds `dist`, and where it is installed `node_modules`. */
  readonly path: string
  readonly dist: string
  readonly remove: () => Promise<void>
}

/** What `npm run build` makes, in a folder of its own. */
export async function buildPackage(): Promise<BuiltPackage> {
  const { path, remove } = await temporaryFolder()
  const dist = join(path, 'dist')
  await succeed(runProgram([process.execPath, join(root, 'scripts/build.ts'), '--out', dist], { cwd: path }))
  return { path, dist, remove }
}

/** Packed and installed as from an index. */
export async function installPackage(): Promise<BuiltPackage> {
  const built = await buildPackage()
  const { path, dist } = built
  await succeed(runProgram(['npm', 'pack', dist, '--pack-destination', path], { cwd: path }))
  const install = ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', path]
  await succeed(runProgram([...install, join(path, 'wheelseal-0.1.0.tgz')]))
  return built
}

export async function succeed(outcome: Promise<Outcome>): Promise<Outcome> {
  const ended = await outcome
  if (ended.code !== 0) throw new Error(`exit ${ended.code}: ${ended.stdout}${ended.stderr}`)
  return ended
}
