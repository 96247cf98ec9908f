import type { Context } from 'hono'
import type { Project } from '../access/index.ts'
import { isName, normalizeName, parseVersion } from '../formats/python/index.ts'
import { registryErrors, type PypiPackages, type StoredFile } from '../registry/index.ts'
import { fileResponse } from './file-response.ts'
import type { Bindings } from './route.ts'

/** Where a file is looked for. */
export interface FilePlace {
  readonly pypi: PypiPackages
  /** Path of the project or group, for sentences. */
  readonly where: string
  /** Those that may have a file of that name, and that who asks may read; the first that has it counts. */
  readonly projects: (fileName: string) => Promise<readonly Project[]>
}

const METADATA_ENDING = '.metadata'

/**
 * `…/files/SHA256/NAME`: a file, or under its name with the ending `.metadata` its core metadata (PEP 658). Throws
 * `registry.unknown-file`, `registry.quarantined`.
 */
export async function sendFile(context: Context<Bindings>, place: FilePlace): Promise<Response> {
  const { sha256 = '', file: asked = '' } = context.req.param() as Record<string, string>
  const isMetadata = asked.endsWith(METADATA_ENDING)
  const fileName = isMetadata ? asked.slice(0, -METADATA_ENDING.length) : asked
  const file = await find(place, { sha256, fileName })
  if (file === undefined)
    throw registryErrors('registry.unknown-file', `${place.where} has no file with that name and digest`)
  if (!isMetadata) return fileResponse(context, file, await place.pypi.open(file))
  const content = await place.pypi.open(file, 'metadata')
  return fileResponse(context, { fileName: asked, sha256: file.metadata?.sha256 ?? '' }, content)
}

/** PyPI's Integrity API: the provenance object of a file (PEP 740). Throws as `sendFile` does. */
export async function sendProvenance(context: Context<Bindings>, place: FilePlace): Promise<Response> {
  const { name = '', version = '', file: fileName = '' } = context.req.param() as Record<string, string>
  const file = await find(place, { fileName })
  if (file === undefined || !isOf(file, { name, version }))
    throw registryErrors('registry.unknown-file', `${place.where} has no file of that name and version`)
  const content = await place.pypi.open(file, 'provenance')
  const served = {
    fileName: `${fileName}.provenance`,
    sha256: file.provenance?.sha256 ?? '',
    contentType: 'application/vnd.pypi.integrity.v1+json',
  }
  return fileResponse(context, served, content)
}

async function find(
  { pypi, projects }: FilePlace,
  asked: Parameters<PypiPackages['find']>[1],
): Promise<StoredFile | undefined> {
  let hidden: StoredFile | undefined
  for (const project of await projects(asked.fileName)) {
    const file = await pypi.find(project, asked)
    if (file === undefined) continue
    if (file.deletedAtMs === null && file.quarantinedReason === null) return file
    hidden ??= file
  }
  return hidden
}

function isOf(
  file: StoredFile,
  { name, version }: { readonly name: string; readonly version: string },
): boolean {
  if (!isName(name) || normalizeName(name) !== normalizeName(file.name)) return false
  return keyOf(version) === parseVersion(file.version).key
}

/** Undefined for what is no version. */
function keyOf(version: string): string | undefined {
  try {
    return parseVersion(version).key
  } catch {
    return undefined
  }
}
