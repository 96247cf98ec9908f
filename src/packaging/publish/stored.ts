import { reworded } from '../../base/index.ts'
import { packagingErrors } from '../errors.ts'
import type { ToPublish } from './local-files.ts'
import type { RegistryFile, LocalDistribution, LocalFile, PackageRegistry, SideFile } from './ports.ts'

/** The files that the registry has with these bytes. */
export type Stored = ReadonlySet<LocalFile>

/** Throws `packaging.taken`, naming every file whose name has other bytes. */
export async function findStored(release: readonly ToPublish[], registry: PackageRegistry): Promise<Stored> {
  const stored = new Set<LocalFile>()
  const taken: string[] = []
  for (const name of new Set(release.map(({ file }) => file.distribution.name))) {
    const listed = await registry.list(name)
    for (const { file } of release.filter((one) => one.file.distribution.name === name)) {
      const state = stateOf(file, listed)
      if (state === 'stored') stored.add(file)
      else if (state !== 'absent') taken.push(takenFact(file, registry, state))
    }
  }
  const [first = '', ...more] = taken
  if (first !== '')
    throw reworded(packagingErrors('packaging.taken', first), { fact: [first, ...more].join('\n') })
  for (const side of release.flatMap(({ sideFiles }) => sideFiles))
    if (await isSideFileStored(side, registry)) stored.add(side)
  return stored
}

/** What is listed in place of the file: another digest, or none, which may be any. */
interface Other {
  readonly sha256: string | undefined
}

/** A page may list a name twice, where a project has the package in two spellings. */
export function stateOf(
  { fileName, sha256 }: LocalDistribution,
  listed: readonly RegistryFile[],
): 'stored' | 'absent' | Other {
  const same = listed.filter((one) => one.fileName === fileName)
  const other = same.find((one) => one.sha256 !== sha256)
  if (other !== undefined) return { sha256: other.sha256 }
  return same.length === 0 ? 'absent' : 'stored'
}

export function takenFact({ fileName, sha256 }: LocalFile, { name }: PackageRegistry, other: Other): string {
  const there = other.sha256 === undefined ? 'without a digest' : `with sha256 ${other.sha256}`
  return `${name} has ${fileName} ${there}, and the file here has ${sha256}`
}

/** Another one is no reason to refuse: registries keep side files as a list, so that garbage that came first blocks nothing. */
export async function isSideFileStored(side: SideFile, registry: PackageRegistry): Promise<boolean> {
  const there = await registry.sideFileDigest(side, side.sizeBytes)
  return there?.sha256 === side.sha256
}
