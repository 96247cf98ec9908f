import { Hono, type Context } from 'hono'
import type { Access, Action } from '../access/index.ts'
import { isoTimeMs, type Log } from '../base/index.ts'
import type { GenericPackages, GenericPlace, StoredFile } from '../registry/index.ts'
import { registryErrors } from '../registry/index.ts'
import { admit, principalFields, registryFailures, type Admitted, type Bindings } from './authenticate.ts'
import { streamBody } from './body-stream.ts'
import { httpErrors } from './errors.ts'
import { fileResponse } from './file-response.ts'

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
  app.put(FILE, (context) => put(context, parts))
  app.get(FILE, (context) => get(context, parts))
  return app
}

async function put(
  context: Context<Bindings>,
  { generic, access, log }: GenericRoutesParts,
): Promise<Response> {
  const { project, principal } = await enter(context, access, 'create_package')
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

async function get(context: Context<Bindings>, { generic, access }: GenericRoutesParts): Promise<Response> {
  const { project } = await enter(context, access, 'read_packages')
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

function enter(context: Context<Bindings>, access: Access, action: Action): Promise<Admitted> {
  return admit(context, { access, action, takesJobTokenHeader: true })
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
