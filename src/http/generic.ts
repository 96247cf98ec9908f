import { Hono, type Context } from 'hono'
import type { Access, Project } from '../access/index.ts'
import { isoTimeMs, type Log } from '../base/index.ts'
import type { GenericPackages, GenericPlace, StoredFile } from '../registry/index.ts'
import { registryErrors } from '../registry/index.ts'
import { principalFields, projectRights, registryFailures, type Admitted } from './authenticate.ts'
import { streamBody } from './body-stream.ts'
import { httpErrors } from './errors.ts'
import { fileResponse } from './file-response.ts'
import { routesOn, type Bindings } from './route.ts'

export interface GenericRoutesParts {
  readonly generic: GenericPackages
  readonly access: Access
  readonly log: Log
}

const FILE = '/api/v4/projects/:id/packages/generic/:name/:version/:file'

/** GitLab's generic packages. The tutorial's clients do not follow redirects, so none is ever sent. */
export function genericRoutes(parts: GenericRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(parts.log))
  const route = routesOn(app)
  const may = projectRights(parts.access, { takesJobTokenHeader: true })
  route.put(FILE, may('create_package'), (context, who) => put(context, who, parts))
  route.get(FILE, may('read_packages'), (context, { project }) => get(context, project, parts))
  return app
}

async function put(
  context: Context<Bindings>,
  { project, principal }: Admitted,
  { generic, log }: GenericRoutesParts,
): Promise<Response> {
  const select = context.req.query('select')
  if (select !== undefined && select !== 'package_file')
    throw httpErrors('http.body-shape', 'the parameter select must be package_file')
  const bytes = streamBody(context, generic.maxFileBytes)
  const { file, isNew } = await generic.put(project, { ...placeOf(context), bytes })
  const { name, version, fileName, sha256, size } = file
  const who = principalFields(principal)
  log.event('generic.stored', { project: project.id, name, version, fileName, sha256, size, isNew, ...who })
  return context.json(select === undefined ? { message: '201 Created' } : fileRow(file), 201)
}

async function get(
  context: Context<Bindings>,
  project: Project,
  { generic }: GenericRoutesParts,
): Promise<Response> {
  const place = placeOf(context)
  const file = await generic.find(project, place)
  if (file === undefined) {
    const { name, version, fileName } = place
    throw registryErrors(
      'registry.unknown-file',
      `${project.path} has no generic file ${name}/${version}/${fileName}`,
    )
  }
  return fileResponse(context, file, await generic.open(file))
}

function placeOf(context: Context): GenericPlace {
  const { name = '', version = '', file: fileName = '' } = context.req.param() as Record<string, string>
  return { name, version, fileName }
}

/** GitLab's row of a package file; it computes no MD5 and SHA-1 for them, either. */
function fileRow(file: StoredFile) {
  const created = isoTimeMs(file.createdAtMs)
  return {
    id: file.id,
    package_id: file.packageId,
    created_at: created,
    updated_at: created,
    size: file.size,
    file_store: 1,
    file_md5: null,
    file_sha1: null,
    file_sha256: file.sha256,
    file_name: file.fileName,
    status: 'default',
  }
}
