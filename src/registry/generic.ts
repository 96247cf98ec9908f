import type { Project } from '../access/index.ts'
import type { Blob } from '../base/index.ts'
import { registryErrors } from './errors.ts'
import { openFile, stageCapped } from './content.ts'
import type { Context } from './ports.ts'
import type { AddedFile, PackageKey, StoredFile } from './store.ts'

/** Where a generic file stands; an enemy wrote it. */
export interface GenericPlace {
  readonly name: string
  readonly version: string
  readonly fileName: string
}

type GenericUpload = GenericPlace & { readonly bytes: AsyncIterable<Uint8Array> }

/** Generic files of projects. The caller has checked that whoever asks may do it in `project`. */
export interface GenericPackages {
  readonly maxFileBytes: number
  /**
   * Durable when it resolves. Each upload is kept; the newest is served. Throws `registry.generic-name` before it reads
   * anything, `registry.too-large`.
   */
  put(project: Project, upload: GenericUpload): Promise<AddedFile>
  /** Throws `registry.generic-name`. */
  find(project: Project, place: GenericPlace): Promise<StoredFile | undefined>
  open(file: StoredFile): Promise<Blob>
}

export function createGenericPackages(context: Context): GenericPackages {
  const { store, limits } = context
  return {
    maxFileBytes: limits.maxGenericFileBytes,
    put: (project, upload) => put(context, project, upload),
    find: async (project, place) => {
      checkGenericPlace(place)
      return store.findNewest(genericKey(project, place), place.fileName)
    },
    open: (file) => openFile(context, file),
  }
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

/** The steps are those of a PyPI upload (`pypi-upload.ts`), but another upload under the same name is kept beside the first. */
async function put(
  { store, blobs, clock, limits }: Context,
  project: Project,
  { bytes, ...place }: GenericUpload,
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
      metadata: null,
      createdAtMs: clock.nowMs(),
    })
  } finally {
    await content.discard()
  }
}

function genericKey(project: Project, { name, version }: GenericPlace): PackageKey {
  return { projectId: project.id, kind: 'generic', nameKey: name, versionKey: version }
}
