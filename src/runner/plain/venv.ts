import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { shellQuoted, type Spawn } from '../../base/index.ts'
import { toolEnvironment, type Environment, type HostEnvironment } from '../job/host-environment.ts'
import { runnerErrors } from '../errors.ts'
import type { HostFolders } from '../job/folders.ts'
import type { Python } from './python.ts'

const EXECUTABLE = 0o755
const MAX_SAID_LENGTH = 2_000

export interface VenvMaker {
  /** A virtual environment with pip for one job. Throws `runner.python`. */
  make(python: Python, folders: HostFolders): Promise<void>
}

/** Of one job, which knows it by the same path: the paths inside are the host's. */
export function venvOf({ root }: HostFolders): string {
  return join(root, 'venv')
}

/**
 * `python -m venv` takes four seconds, nearly all of it ensurepip. So each Python gets one *seed* per runner, made the
 * regular way and never used; a job gets a bare environment of its own (0.15 s) and a copy of the seed's packages
 * (0.1 s). Nothing is relocated: the bare environment is made in place, and pip's scripts are written for it.
 */
export function createVenvMaker(seeds: string, spawn: Spawn, host: HostEnvironment): VenvMaker {
  const made = new Map<string, Promise<string>>()
  const seedOf = (python: Python, env: Environment): Promise<string> => {
    const path = join(seeds, `python-${python.version}`)
    const making = made.get(python.executable) ?? makeSeed({ spawn, env }, python, path)
    made.set(python.executable, making)
    return making
  }
  return {
    make: async (python, folders) => {
      const venv = venvOf(folders)
      const env = toolEnvironment(host, folders)
      const seed = await seedOf(python, env)
      await runQuietly({ spawn, env }, [python.executable, '-m', 'venv', '--without-pip', venv])
      const packages = await sitePackages(seed)
      await runQuietly({ spawn, env }, ['cp', '-Rp', join(seed, packages), join(venv, packages, '..')])
      await writePipScripts(venv, await pipScripts(seed))
    },
  }
}

interface Tools {
  readonly spawn: Spawn
  readonly env: Environment
}

async function makeSeed(tools: Tools, python: Python, path: string): Promise<string> {
  await runQuietly(tools, [python.executable, '-m', 'venv', '--clear', path])
  return path
}

async function runQuietly({ spawn, env }: Tools, argv: readonly [string, ...string[]]): Promise<void> {
  let said = ''
  const onOutput = (chunk: Uint8Array): void => {
    said = (said + Buffer.from(chunk).toString('utf8')).slice(-MAX_SAID_LENGTH)
  }
  const { exitCode } = await spawn.run({ argv, env, onOutput })
  if (exitCode !== 0)
    throw runnerErrors('runner.python', `${argv.slice(0, 3).join(' ')} failed: ${said.trim()}`)
}

/** `lib/python3.11/site-packages`, relative to the environment. */
async function sitePackages(venv: string): Promise<string> {
  const name = (await readdir(join(venv, 'lib'))).find((entry) => entry.startsWith('python3.'))
  if (name === undefined)
    throw runnerErrors('runner.python', 'a new virtual environment has no lib/python3.*')
  return join('lib', name, 'site-packages')
}

/** `pip`, `pip3`, `pip3.11`: the names that pip's own record lists, so that an upgrade replaces them. */
async function pipScripts(venv: string): Promise<string[]> {
  const names = await readdir(join(venv, 'bin'))
  return names.filter((name) => /^pip[\d.]*$/.test(name))
}

/** Through `sh`, since a shebang may be no longer than 127 bytes and holds no blanks. */
async function writePipScripts(venv: string, names: readonly string[]): Promise<void> {
  const python = shellQuoted(join(venv, 'bin', 'python'))
  const script = `#!/bin/sh\nexec ${python} -m pip "$@"\n`
  for (const name of names) await writeFile(join(venv, 'bin', name), script, { mode: EXECUTABLE })
}
