import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Project } from '../access/index.ts'
import { encodeBase64, readCapped } from '../base/index.ts'
import { normalizeName } from '../formats/python/index.ts'
import type { Registry, StoredFile } from '../registry/index.ts'

/** A published distribution with the signature and certificate that its pipeline published beside it. */
export interface PublishedFile {
  readonly id: number
  readonly name: string
  readonly version: string
  readonly fileName: string
  readonly sha256: string
  readonly sizeBytes: number
  readonly publishedAtMs: number
  readonly url: string
  /** Base64 of the `.sig` and `.crt` files; null where there is none. */
  readonly signature: string | null
  readonly certificate: string | null
  /** Whether there is a `.sigstore.json` beside it. */
  readonly hasBundle: boolean
}

/** Files of one answer, which with their side files stays below what a command reads. */
const PAGE = 50
const MAX_SIDE_FILE_BYTES = 64 * 1024

/** What the project has published, newest first, from the first one that is older than the file `beforeId`. */
export async function listPublished(
  place: ReleasePlace,
  beforeId: number | undefined,
): Promise<readonly PublishedFile[]> {
  const page = { limit: PAGE, ...(beforeId === undefined ? {} : { beforeId }) }
  const files: PublishedFile[] = []
  for (const file of await place.registry.pypi.newest(place.project, page)) {
    files.push(await describe(place, file))
    await nextTurn()
  }
  return files
}

export interface ReleasePlace {
  readonly registry: Registry
  readonly project: Project
  readonly externalUrl: string
}

async function describe(place: ReleasePlace, file: StoredFile): Promise<PublishedFile> {
  const { id, name, version, fileName, sha256, size } = file
  const base = `${place.externalUrl}/api/v4/projects/${place.project.id}/packages/pypi/files`
  return {
    id,
    name,
    version,
    fileName,
    sha256,
    sizeBytes: size,
    publishedAtMs: file.createdAtMs,
    url: `${base}/${sha256}/${encodeURIComponent(fileName)}`,
    signature: await contentOf(place, await sideFile(place, file, '.sig')),
    certificate: await contentOf(place, await sideFile(place, file, '.crt')),
    hasBundle: (await sideFile(place, file, '.sigstore.json')) !== undefined,
  }
}

/** In the generic registry under the package's version and name, as `publish` puts them, or the project's, as the tutorial. */
async function sideFile(
  { registry, project }: ReleasePlace,
  { name, version, fileName }: StoredFile,
  ending: string,
): Promise<StoredFile | undefined> {
  for (const place of new Set([normalizeName(name), project.name])) {
    const found = await registry.generic.find(project, {
      name: place,
      version,
      fileName: `${fileName}${ending}`,
    })
    if (found !== undefined) return found
  }
  return undefined
}

async function contentOf({ registry }: ReleasePlace, file: StoredFile | undefined): Promise<string | null> {
  if (file === undefined || file.size > MAX_SIDE_FILE_BYTES) return null
  const blob = await registry.generic.open(file)
  return encodeBase64(await readCapped(blob.stream(), MAX_SIDE_FILE_BYTES))
}
