import { join } from 'node:path'
import type { Spawn } from '../../base/index.ts'
import { fetchErrors, type Installer } from '../../packaging/index.ts'
import type { Environment } from '../settings/index.ts'
import { installerEnvironment } from './environment.ts'

export interface InstallerChoice {
  /** Path or name of the Python to install into; that of the active virtual environment where it is left out. */
  readonly python: string | undefined
  readonly kind: Installer['kind'] | undefined
}

export interface InstallerPorts {
  readonly spawn: Spawn
  readonly env: Environment
}

/** pip of the Python that is meant, else uv. Nothing is installed yet. Throws `packaging.no-installer`. */
export async function findInstaller(
  { python, kind }: InstallerChoice,
  ports: InstallerPorts,
): Promise<Installer> {
  const tried: string[] = []
  for (const candidate of candidates(python, ports.env)) {
    if (kind !== undefined && candidate.kind !== kind) continue
    tried.push(candidate.program.join(' '))
    if (await works([...candidate.program, '--version'], ports)) return candidate
  }
  throw fetchErrors('packaging.no-installer', `not found, or not working: ${tried.join(', ')}`)
}

function candidates(python: string | undefined, env: Environment): readonly Installer[] {
  const { VIRTUAL_ENV: active } = env
  const bin = process.platform === 'win32' ? 'Scripts' : 'bin'
  const ofActive = active ? [join(active, bin, 'python')] : ['python3', 'python']
  const pythons = python === undefined ? ofActive : [python]
  const pips = pythons.map((one) => ({ kind: 'pip', program: [one, '-m', 'pip'] }) as const)
  return [...pips, { kind: 'uv', program: ['uv'], ...(python === undefined ? {} : { python }) }]
}

async function works(argv: readonly [string, ...string[]], { spawn, env }: InstallerPorts): Promise<boolean> {
  const result = await spawn.run({ argv, env: installerEnvironment(env) }).catch(() => undefined)
  return result?.exitCode === 0
}
