import type { Project } from '../../access/index.ts'
import { sideFileOf, type GenericPlace } from '../generic-place.ts'
import { normalizeName, parseFileName, parseVersion } from '../../formats/python/index.ts'

/** `.sig`, `.crt`, `.sigstore.json`, `.publish.attestation`. */
export type SideEnding = NonNullable<ReturnType<typeof sideFileOf>>['ending']

export interface SideFileName {
  /** The distribution's file name. */
  readonly fileName: string
  readonly ending: SideEnding
}

/**
 * The distribution whose side file a generic file is: under its file name with an ending, in a generic package of its
 * version (PEP 440) and its name (PEP 503), or the name of the project, as GitLab's tutorial has it. Undefined for every
 * other file, which is served like any.
 */
export function sideFileAt(project: Pick<Project, 'name'>, place: GenericPlace): SideFileName | undefined {
  const side = sideFileOf(place.fileName)
  if (side === undefined || !isPlaceOf(side.distribution, place, project)) return undefined
  return { fileName: side.distribution, ending: side.ending }
}

function isPlaceOf(
  fileName: string,
  { name, version }: GenericPlace,
  project: Pick<Project, 'name'>,
): boolean {
  try {
    const parsed = parseFileName(fileName)
    const isNamed = normalizeName(name) === parsed.name || name === project.name
    return isNamed && parseVersion(version).key === parsed.version.key
  } catch {
    return false
  }
}

/** Where a distribution's seals are kept. */
export interface SealedName {
  readonly projectId: number
  readonly fileName: string
}

export function sealedName({ id }: Project, fileName: string): SealedName {
  return { projectId: id, fileName }
}
