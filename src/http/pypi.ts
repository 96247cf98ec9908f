import { Hono, type Context } from 'hono'
import type { Access, Project } from '../access/index.ts'
import type { Log } from '../base/index.ts'
import { isName, normalizeName, parseVersion } from '../formats/python/index.ts'
import { registryErrors, type Maker, type PypiPackages, type StoredFile } from '../registry/index.ts'
import { makerOf, principalFields, projectRights, registryFailures, type Admitted } from './authenticate.ts'
import { fileResponse } from './file-response.ts'
import { createPageMemory } from './page-memory.ts'
import { readPypiForm, type PypiForm } from './pypi-form.ts'
import { sendIndex, sendPackage } from './simple-index.ts'
import { routesOn, type Bindings } from './route.ts'

export interface PypiRoutesParts {
  readonly pypi: PypiPackages
  readonly access: Access
  readonly log: Log
  /** By which clients reach the server, without a slash at the end. */
  readonly externalUrl: string
}

const PYPI = '/api/v4/projects/:id/packages/pypi'

/** GitLab's PyPI registry, as twine and pip speak to it: upload, simple index, download, and beside it PyPI's Integrity API. */
export function pypiRoutes(parts: PypiRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(parts.log))
  const route = routesOn(app)
  const may = projectRights(parts.access, { takesJobTokenHeader: false })
  const read = may('read_packages')
  const memory = createPageMemory()
  for (const slash of ['', '/']) {
    const page = (project: Project) => ({
      pypi: parts.pypi,
      memory,
      project,
      place: { slash, base: `${parts.externalUrl}${PYPI.replace(':id', String(project.id))}` },
    })
    route.post(`${PYPI}${slash}`, may('create_package'), (context, who) => upload(context, who, parts))
    route.get(`${PYPI}/simple${slash}`, read, (context, { project }) => sendIndex(context, page(project)))
    route.get(`${PYPI}/simple/:name${slash}`, read, (context, { project }) =>
      sendPackage(context, page(project)),
    )
  }
  route.get(`${PYPI}/files/:sha256/:file`, read, (context, { project }) => download(context, project, parts))
  route.get(`${PYPI}/integrity/:name/:version/:file/provenance`, read, (context, { project }) =>
    provenance(context, project, parts),
  )
  return app
}

/** `twine upload` is told the same the second time: a client whose answer was lost must be able to ask again. */
async function upload(
  context: Context<Bindings>,
  { project, principal }: Admitted,
  { pypi, log }: PypiRoutesParts,
): Promise<Response> {
  const form = await readPypiForm(context, {
    maxFileBytes: pypi.maxFileBytes,
    stage: (bytes) => pypi.stage(bytes),
  })
  const { file, isNew } = await publish(pypi, project, { ...form, madeBy: makerOf(principal) })
  const { fileName, sha256, size } = file
  log.event('package.published', {
    project: project.id,
    fileName,
    sha256,
    size,
    isNew,
    ...principalFields(principal),
  })
  return context.json({ message: '201 Created' }, 201)
}

function publish(
  pypi: PypiPackages,
  project: Project,
  { fields, fileName, content, madeBy }: PypiForm & { readonly madeBy: Maker },
) {
  return pypi.publish(project, {
    name: fields.get('name') ?? '',
    version: fields.get('version') ?? '',
    fileName,
    sha256Digest: fields.get('sha256_digest'),
    requiresPython: fields.get('requires_python'),
    content,
    madeBy,
  })
}

const METADATA_ENDING = '.metadata'

/** A file, or under its name with the ending `.metadata` its core metadata (PEP 658). */
async function download(
  context: Context<Bindings>,
  project: Project,
  { pypi }: PypiRoutesParts,
): Promise<Response> {
  const { sha256 = '', file: asked = '' } = context.req.param() as Record<string, string>
  const isMetadata = asked.endsWith(METADATA_ENDING)
  const fileName = isMetadata ? asked.slice(0, -METADATA_ENDING.length) : asked
  const file = await pypi.find(project, { sha256, fileName })
  if (file === undefined)
    throw registryErrors('registry.unknown-file', `${project.path} has no file with that name and digest`)
  if (!isMetadata) return fileResponse(context, file, await pypi.open(file))
  const content = await pypi.open(file, 'metadata')
  return fileResponse(context, { fileName: asked, sha256: file.metadata?.sha256 ?? '' }, content)
}

/** PyPI's Integrity API: the provenance object of a file (PEP 740). */
async function provenance(
  context: Context<Bindings>,
  project: Project,
  { pypi }: PypiRoutesParts,
): Promise<Response> {
  const { name = '', version = '', file: fileName = '' } = context.req.param() as Record<string, string>
  const file = await pypi.find(project, { fileName })
  if (file === undefined || !isOf(file, { name, version }))
    throw registryErrors('registry.unknown-file', `${project.path} has no file of that name and version`)
  const content = await pypi.open(file, 'provenance')
  const served = {
    fileName: `${fileName}.provenance`,
    sha256: file.provenance?.sha256 ?? '',
    contentType: 'application/vnd.pypi.integrity.v1+json',
  }
  return fileResponse(context, served, content)
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
