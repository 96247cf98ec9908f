import type { Project } from '../access/index.ts'
import { registryErrors } from './errors.ts'
import { stageCapped } from './limits.ts'
import type { Registry, RegistryParts } from './registry.ts'
import type { AddedFile, PackageKey, StoredFile } from './store.ts'

/** Where a generic file stands; an enemy wrote it. */
export interface GenericPlace {
  readonly name: string
  readonly version: string
  readonly fileName: string
}

/**
 * GitLab's, without its folders in file names, and with the `!` of epochs: every distribution that can be published has
 * a place for its signature, under its own version and its own name with an ending.
 */
const FORMS = {
  name: /^[A-Za-z0-9._+-]+$/,
  version: /^(?!.*\.\.)[A-Za-z0-9_.+!-]+$/,
  fileName: /^(?!~)[A-Za-z0-9._+!~@-]+(?<![~])$/,
} as const
const WORDS = { name: 'package name', version: 'package version', fileName: 'file name' } as const
/** A distribution's name has at most 255; the longest ending is `.publish.attestation`. */
const MAX_LENGTHS = { name: 255, version: 255, fileName: 255 + 20 } as const

/** Throws `registry.generic-name`. */
export function checkGenericPlace(place: GenericPlace): void {
  for (const part of ['name', 'version', 'fileName'] as const) {
    const text = place[part]
    if (text.length <= MAX_LENGTHS[part] && FORMS[part].test(text) && text !== '.' && text !== '..') continue
    const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
    throw registryErrors('registry.generic-name', `${shown} is not a ${WORDS[part]}`)
  }
}

/** The steps are those of a PyPI upload (`pypi.ts`), but another upload under the same name is kept beside the first. */
export async function putGeneric(
  { store, blobs, clock, limits }: RegistryParts & Pick<Registry, 'limits'>,
  project: Project,
  { bytes, ...place }: GenericPlace & { readonly bytes: AsyncIterable<Uint8Array> },
): Promise<AddedFile> {
  checkGenericPlace(place)
  const content = await stageCapped(blobs, bytes, limits.maxGenericFileBytes)
  try {
    await content.commit()
    return await store.append({
      ...genericKey(project, place),
      ...place,
      sha256: content.sha256,
      size: content.size,
      requiresPython: null,
      createdAtMs: clock.nowMs(),
    })
  } finally {
    await content.discard()
  }
}

export async function findGeneric(
  { store }: RegistryParts,
  project: Project,
  place: GenericPlace,
): Promise<StoredFile | undefined> {
  checkGenericPlace(place)
  return store.findNewest(genericKey(project, place), place.fileName)
}

function genericKey(project: Project, { name, version }: GenericPlace): PackageKey {
  return { projectId: project.id, kind: 'generic', nameKey: name, versionKey: version }
}
