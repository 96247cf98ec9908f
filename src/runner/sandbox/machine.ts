import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Spawn } from '../../base/index.ts'
import type { HostEnvironment } from '../job/host-environment.ts'
import { readPipConfig, type PipConfig } from '../plain/pip-config.ts'
import { createPythonFinder, type PythonFinder } from '../plain/python.ts'
import { insideProgram } from './program.ts'
import { jobUid } from './user.ts'

const SYSTEM_PYTHON = '/usr/bin/python3'
const NEEDED = 'import ctypes, fcntl, json, resource, select, socket, struct, threading'

/** What the sandbox knows of its machine; each thing is looked up at most once. */
export interface SandboxMachine {
  readonly spawn: Spawn
  readonly host: HostEnvironment
  readonly pythons: PythonFinder
  /** What starts the program of `inside/`. */
  entry(): Promise<readonly [string, ...string[]]>
  uid(): Promise<number | null>
  pipConfig(): Promise<PipConfig>
}

export interface MachineOptions {
  readonly spawn: Spawn
  readonly host: HostEnvironment
  readonly work: string
}

export function createSandboxMachine({ spawn, host, work }: MachineOptions): SandboxMachine {
  const pythons = createPythonFinder(spawn, host)
  return {
    spawn,
    host,
    pythons,
    uid: once(jobUid),
    entry: once(async () => {
      const file = join(work, 'inside.py')
      await mkdir(work, { recursive: true, mode: 0o700 })
      await writeFile(file, insideProgram(), { mode: 0o600 })
      return [await machinePython(spawn, pythons), '-I', '-S', '-B', file]
    }),
    pipConfig: once(async () => {
      const python = await pythons.find({ spelling: '', version: undefined }).catch(() => undefined)
      return readPipConfig(spawn, python?.executable ?? 'python3', host)
    }),
  }
}

/** The system's where it has all modules: Debian's smallest has not. */
async function machinePython(spawn: Spawn, pythons: PythonFinder): Promise<string> {
  const isThere = await access(SYSTEM_PYTHON).then(
    () => true,
    () => false,
  )
  if (isThere) {
    const { exitCode } = await spawn.run({ argv: [SYSTEM_PYTHON, '-I', '-S', '-c', NEEDED], env: {} })
    if (exitCode === 0) return SYSTEM_PYTHON
  }
  return (await pythons.find({ spelling: '', version: undefined })).executable
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
