import { realpath } from 'node:fs/promises'
import { basename, delimiter, join, resolve } from 'node:path'
import type { Files } from '../../base/index.ts'
import type { Environment } from '../settings/index.ts'
import type { ClientKind } from './aim.ts'
import { runBounded, type Runner } from './run-bounded.ts'

export interface FoundClient {
  readonly kind: ClientKind
  readonly version: string
  readonly program: string
}

/** A program of that name which is none of the clients, or is not understood. */
export interface UnknownClient {
  readonly kind: null
  readonly program: string
  readonly why: string
}

/** Their programs, and how each says its version. */
const PROGRAMS = [
  { name: 'cosign', argument: 'version', versions: /^GitVersion:\s*v(\d[\w.+-]{0,40})/m },
  { name: 'sigstore', argument: '--version', versions: /^sigstore (\d[\w.+-]{0,40})/m },
  { name: 'rekor-cli', argument: 'version', versions: /^GitVersion:\s*v(\d[\w.+-]{0,40})/m },
] as const

type Program = (typeof PROGRAMS)[number]

export interface FindParts extends Runner {
  readonly env: Environment
  /** Without one rekor-cli does not start, and in that of the user it would read settings. */
  readonly home: string
  readonly files: Pick<Files, 'exists'>
}

/** Those of `given`; where it is empty, the first of each name on the PATH. */
export async function findClients(
  given: readonly string[],
  parts: FindParts,
): Promise<readonly (FoundClient | UnknownClient)[]> {
  const programs = given.length > 0 ? given.map((path) => resolve(path)) : await programsOnPath(parts)
  const found: (FoundClient | UnknownClient)[] = []
  for (const program of programs) found.push(await identify(program, parts))
  return found
}

async function programsOnPath({ env, files }: FindParts): Promise<readonly string[]> {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'))
  const found: string[] = []
  for (const { name } of PROGRAMS) {
    for (const folder of folders) {
      if (!(await files.exists(join(folder, name)))) continue
      found.push(join(folder, name))
      break
    }
  }
  return found
}

async function identify(program: string, parts: FindParts): Promise<FoundClient | UnknownClient> {
  const name = basename(await realpath(program).catch(() => program))
  // The longest first: a virtual environment calls its programs as the package does.
  const known = PROGRAMS.find((one) => name.startsWith(one.name) || basename(program).startsWith(one.name))
  if (known === undefined)
    return { kind: null, program, why: 'it is not called cosign, sigstore or rekor-cli' }
  const env = { HOME: parts.home, PATH: parts.env['PATH'] ?? '' }
  const { outcome, output } = await runBounded({ argv: [program, known.argument], env }, parts)
  const version = known.versions.exec(output)?.[1]
  if (outcome !== 'done' || version === undefined)
    return { kind: null, program, why: `'${known.argument}' does not print a version` }
  const kind = kindOf(known, version)
  if (kind === null) return { kind, program, why: `version ${version} is not known here` }
  return { kind, version, program }
}

function kindOf({ name }: Program, version: string): ClientKind | null {
  if (version.includes('wheelseal')) return null
  const major = Number(version.split('.')[0])
  if (name === 'cosign') return major === 2 ? 'cosign 2' : major === 3 ? 'cosign 3' : null
  if (name === 'sigstore') return major === 4 ? 'sigstore-python' : null
  return major === 1 ? 'rekor-cli' : null
}
