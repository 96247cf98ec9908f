import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Spawn } from '../../base/index.ts'
import { clientErrors } from '../errors.ts'

export interface RequirementPorts {
  /** Undefined: jobs install from an index. */
  readonly wheelhouse?: string | undefined
  readonly spawn: Spawn
  readonly env: Readonly<Record<string, string>>
  /** Ends the checks; what they have made is removed first. */
  readonly signal?: AbortSignal
}

interface Requirement {
  readonly name: string
  readonly argv: readonly [string, ...string[]]
}

const PYTHON_CHECK = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))'
const INDEX_TIMEOUT_MS = 60_000

const programs: readonly Requirement[] = [
  { name: 'git', argv: ['git', '--version'] },
  { name: 'curl', argv: ['curl', '--version'] },
  { name: 'Python 3.9 or newer with venv and pip', argv: ['python3', '-c', PYTHON_CHECK] },
]

/** Names everything that is missing, before anything starts. Throws `client.missing`. */
export async function checkRequirements(ports: RequirementPorts): Promise<void> {
  const found = await Promise.all(programs.map(({ argv }) => works(argv, ports)))
  ports.signal?.throwIfAborted()
  const missing = programs.filter((_, index) => found[index] === false).map(({ name }) => name)
  if (missing.length > 0)
    throw clientErrors('client.missing', `not installed: ${missing.join('; ')}`, {
      hint: 'install what is named, then run the command again',
    })
  const isIndexMissing = ports.wheelhouse === undefined && !(await reachesIndex(ports))
  ports.signal?.throwIfAborted()
  if (isIndexMissing)
    throw clientErrors(
      'client.missing',
      'pip cannot reach a package index; check `pip config list` and your proxy',
      { hint: "'python3 -m pip download wheel' shows the message of pip" },
    )
}

/** Downloads one small package as a job will, since only pip knows which index it uses and how it gets there. */
async function reachesIndex(ports: RequirementPorts): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-index-'))
  const pip = [
    'python3',
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    '--retries',
    '1',
    '--dest',
    folder,
  ] as const
  try {
    return await works([...pip, '--disable-pip-version-check', 'wheel'], ports)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function works(argv: Requirement['argv'], { spawn, env, signal }: RequirementPorts): Promise<boolean> {
  try {
    const limit = AbortSignal.timeout(INDEX_TIMEOUT_MS)
    const ends = signal === undefined ? limit : AbortSignal.any([signal, limit])
    const { exitCode } = await spawn.run({ argv, env, signal: ends })
    return exitCode === 0
  } catch {
    return false
  }
}
