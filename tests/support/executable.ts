import { chmodSync, copyFileSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { root, runProgram, startProgram, type Outcome, type TiedProcess } from './program.ts'
import { succeed } from './package.ts'

const executableName = `wheelseal-${process.platform}-${process.arch}`

/** Compiles the executable of this machine, and answers its path. */
export async function buildExecutable(out: string): Promise<string> {
  mkdirSync(out, { recursive: true })
  await succeed(runProgram([process.execPath, join(root, 'scripts', 'build-executable.ts'), '--out', out]))
  return join(out, executableName)
}

/** Of an executable that was built there. */
export async function buildWheel(out: string): Promise<string> {
  const { stdout } = await succeed(
    runProgram([process.execPath, join(root, 'scripts', 'build-wheel.ts'), '--out', out]),
  )
  return join(out, /built (\S+\.whl)/.exec(stdout)?.[1] ?? '')
}

/**
 * A folder as root, with glibc and the executable and no other file; `/proc` as every container has it. Where a machine
 * lets nobody make one, the executable runs where it is, with an empty environment.
 */
export interface EmptyRoot {
  /** As the machine sees it. */
  readonly path: string
  run(...argv: readonly string[]): Promise<Outcome>
  start(...argv: readonly string[]): TiedProcess
}

const NAMESPACES = ['unshare', '--map-root-user', '--mount', '--pid', '--fork', '--kill-child']
const ENTER = 'mount -t proc proc "$0/proc" && exec chroot "$0" /bin/wheelseal "$@"'

function isAllowed(path: string): boolean {
  const [program = '', ...args] = NAMESPACES
  if (spawnSync(program, [...args, 'sh', '-c', ENTER, path, '--version']).status === 0) return true
  console.warn(
    `no root of its own on this machine (${NAMESPACES.join(' ')}): an empty environment in its place`,
  )
  return false
}

export function createEmptyRoot(path: string, executable: string): EmptyRoot {
  for (const folder of ['bin', 'proc', 'tmp', 'files']) mkdirSync(join(path, folder), { recursive: true })
  copyFileSync(executable, join(path, 'bin', 'wheelseal'))
  chmodSync(join(path, 'bin', 'wheelseal'), 0o755)
  const { stdout } = spawnSync('ldd', [executable], { encoding: 'utf8' })
  for (const [library] of stdout.matchAll(/\/\S+/g)) {
    mkdirSync(join(path, dirname(library)), { recursive: true })
    copyFileSync(realpathSync(library), join(path, library))
  }
  writeFileSync(join(path, 'files', 'demo-1.0.tar.gz'), 'the bytes of a distribution')
  const inPlace = (argument: string): string =>
    argument.startsWith('/files/') ? join(path, argument) : argument
  const isRoot = isAllowed(path)
  const enter = (argv: readonly string[]): readonly string[] =>
    isRoot
      ? [...NAMESPACES, 'sh', '-c', ENTER, path, ...argv]
      : ['env', '-i', join(path, 'bin', 'wheelseal'), ...argv.map(inPlace)]
  return {
    path,
    run: (...argv) => runProgram(enter(argv)),
    start: (...argv) => startProgram(enter(argv)),
  }
}
