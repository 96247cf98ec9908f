import { chmod, mkdir, mkdtemp, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex, utf8, type Spawn } from '../../base/index.ts'
import { runnerErrors } from '../errors.ts'
import { removeFolder } from '../job/folders.ts'
import type { Python } from '../plain/python.ts'
import { pythonLayerProgram } from './program.ts'

/** Raised whenever layers are made in another way. */
const LAYER_VERSION = 1
const KEY_LENGTH = 16
const MAX_SAID_LENGTH = 2_000

export interface PythonLayers {
  readonly spawn: Spawn
  /** Kept between runs; one user's. */
  readonly folder: string
  readonly uid: number | null
}

/**
 * What lies above a self-contained Python when it becomes /usr/local: made once for each, under a temporary name, and
 * renamed when it is complete. Two runners that make the same one at once keep either.
 */
export async function pythonLayer({ spawn, folder, uid }: PythonLayers, python: Python): Promise<string> {
  const path = join(folder, `python-${python.version}-${await keyOf(python, uid)}`)
  if (await isThere(path)) return path
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const made = await mkdtemp(join(folder, 'new-'))
  try {
    await chmod(made, 0o755)
    await make(spawn, python, { prefix: python.prefix, layer: made, uid })
    await rename(made, path).catch(async (error: unknown) => {
      if (!(await isThere(path))) throw error
    })
    return path
  } finally {
    await removeFolder(made)
  }
}

async function keyOf({ prefix, version }: Python, uid: number | null): Promise<string> {
  const [, minor] = version.split('.')
  const parts = ['bin', `lib/python3.${minor}/site-packages`].map((name) => join(prefix, name))
  const times = await Promise.all(
    parts.map((part) =>
      stat(part).then(
        ({ mtimeMs, ino }) => `${mtimeMs} ${ino}`,
        () => '',
      ),
    ),
  )
  return sha256Hex(utf8(JSON.stringify([LAYER_VERSION, prefix, version, uid, times]))).slice(0, KEY_LENGTH)
}

async function make(spawn: Spawn, { executable }: Python, order: object): Promise<void> {
  let said = ''
  const { exitCode } = await spawn.run({
    argv: [executable, '-I', '-S', '-B', '-c', pythonLayerProgram()],
    env: {},
    input: utf8(JSON.stringify(order)),
    onOutput: (chunk) => {
      said = (said + Buffer.from(chunk).toString('utf8')).slice(-MAX_SAID_LENGTH)
    },
  })
  if (exitCode !== 0)
    throw runnerErrors('runner.python', `the layer of Python could not be made: ${said.trim()}`)
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
