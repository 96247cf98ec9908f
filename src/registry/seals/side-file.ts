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
 * name (PEP 503) and version (PEP 440). Undefined for every other file, which is served like any.
 */
export function sideFileAt({ name, version, fileName }: GenericPlace): SideFileName | undefined {
  const side = sideFileOf(fileName)
  if (side === undefined || !isPlaceOf(side.distribution, { name, version })) return undefined
  return { fileName: side.distribution, ending: side.ending }
}

function isPlaceOf(fileName: string, { name, version }: Pick<GenericPlace, 'name' | 'version'>): boolean {
  try {
    const parsed = parseFileName(fileName)
    return normalizeName(name) === parsed.name && parseVersion(version).key === parsed.version.key
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
