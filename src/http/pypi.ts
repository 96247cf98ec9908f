import { Hono, type Context } from 'hono'
import type { Access, Project } from '../access/index.ts'
import type { Log } from '../base/index.ts'
import type { Maker, PypiPackages, PypiUpload } from '../registry/index.ts'
import { makerOf, principalFields, projectRights, registryFailures, type Admitted } from './authenticate.ts'
import { createPageMemory, PAGE_MEMORY } from './page-memory.ts'
import { sendFile, sendProvenance } from './pypi-files.ts'
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
  const memory = createPageMemory(PAGE_MEMORY.projects)
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
  const inProject = ({ project }: Admitted) => ({
    pypi: parts.pypi,
    where: project.path,
    projects: async () => [project],
  })
  route.get(`${PYPI}/files/:sha256/:file`, read, (context, who) => sendFile(context, inProject(who)))
  route.get(`${PYPI}/integrity/:name/:version/:file/provenance`, read, (context, who) =>
    sendProvenance(context, inProject(who)),
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
  { fields, fileName, content, madeBy }: PypiForm<PypiUpload['content']> & { readonly madeBy: Maker },
) {
  return pypi.publish(project, {
    action: fields.get(':action'),
    protocolVersion: fields.get('protocol_version'),
    fileType: fields.get('filetype'),
    name: fields.get('name') ?? '',
    version: fields.get('version') ?? '',
    fileName,
    md5Digest: fields.get('md5_digest'),
    sha256Digest: fields.get('sha256_digest'),
    requiresPython: fields.get('requires_python'),
    attestations: fields.get('attestations'),
    content,
    madeBy,
  })
}
