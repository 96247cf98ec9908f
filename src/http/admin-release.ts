import type { Project } from '../access/index.ts'
import { encodeBase64, readCapped } from '../base/index.ts'
import type { Registry, StoredFile } from '../registry/index.ts'

/** A published distribution with the signature and certificate that its pipeline published beside it. */
export interface PublishedFile {
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
}

const MAX_FILES = 1000
const MAX_SIDE_FILE_BYTES = 64 * 1024

/** What the project has published; its newest files where there are more than a thousand. */
export async function listPublished(
  registry: Registry,
  project: Project,
  externalUrl: string,
): Promise<readonly PublishedFile[]> {
  const files: PublishedFile[] = []
  for await (const name of registry.pypiNames(project)) {
    for await (const file of registry.pypiFiles(project, name)) {
      files.push(await describe({ registry, project, externalUrl }, file))
      if (files.length > MAX_FILES) files.shift()
    }
  }
  return files
}

interface Place {
  readonly registry: Registry
  readonly project: Project
  readonly externalUrl: string
}

async function describe(place: Place, file: StoredFile): Promise<PublishedFile> {
  const { name, version, fileName, sha256, size } = file
  const base = `${place.externalUrl}/api/v4/projects/${place.project.id}/packages/pypi/files`
  return {
    name,
    version,
    fileName,
    sha256,
    sizeBytes: size,
    publishedAtMs: file.createdAtMs,
    url: `${base}/${sha256}/${encodeURIComponent(fileName)}`,
    signature: await sideFile(place, file, '.sig'),
    certificate: await sideFile(place, file, '.crt'),
  }
}

/** The tutorial keeps them in the generic registry, under the project's name and the version of the package. */
async function sideFile(
  { registry, project }: Place,
  file: StoredFile,
  ending: string,
): Promise<string | null> {
  const place = { name: project.name, version: file.version, fileName: `${file.fileName}${ending}` }
  const found = await registry.findGeneric(project, place)
  if (found === undefined || found.size > MAX_SIDE_FILE_BYTES) return null
  const blob = await registry.openFile(found)
  return encodeBase64(await readCapped(blob.stream(), MAX_SIDE_FILE_BYTES))
}
