import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root, runProgram } from './program.ts'

export interface PackageSpec {
  readonly name: string
  readonly version: string
  readonly requires?: readonly string[]
  /** By which its wheel grows, and does not compress. */
  readonly paddingBytes?: number
  /** Packages of one name and version have other bytes, where they have padding. */
  readonly edition?: string
}

export interface Distribution {
  readonly fileName: string
  /** Normalised. */
  readonly name: string
  readonly version: string
  readonly path: string
  readonly bytes: Buffer
  readonly sha256: string
  /** Null for an sdist. */
  readonly metadata: Buffer | null
}

/** Wheel and sdist of one package. */
export interface BuiltPackage {
  readonly wheel: Distribution
  readonly sdist: Distribution
}

/** In the order asked for, in `folder`; the same bytes each time. */
export async function buildPackages(
  folder: string,
  specs: readonly PackageSpec[],
): Promise<readonly BuiltPackage[]> {
  const maker = join(root, 'tests', 'support', 'gate-packages.py')
  const made = await runProgram(['python3', maker, folder, JSON.stringify(specs)])
  if (made.code !== 0) throw new Error(made.stderr)
  return Promise.all(
    specs.map(async (spec) => ({
      wheel: await readDistribution(folder, spec, '-py3-none-any.whl'),
      sdist: await readDistribution(folder, spec, '.tar.gz'),
    })),
  )
}

async function readDistribution(
  folder: string,
  { name, version, edition = '' }: PackageSpec,
  ending: string,
): Promise<Distribution> {
  const fileName = `${name.replaceAll('-', '_')}-${version}${ending}`
  const path = join(folder, edition, fileName)
  const bytes = await readFile(path)
  const metadata = ending.endsWith('.whl') ? await readFile(`${path}.metadata`) : null
  return { fileName, name, version, path, bytes, sha256: sha256Of(bytes), metadata }
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
