import { Hono, type Context } from 'hono'
import type { Access, Project } from '../access/index.ts'
import type { Log } from '../base/index.ts'
import { registryErrors, savedName, type GenericPackages, type GenericPlace } from '../registry/index.ts'
import { makerOf, principalFields, projectRights, registryFailures, type Admitted } from './authenticate.ts'
import { streamBody } from './body-stream.ts'
import { fileResponse } from './file-response.ts'
import { fileRow } from './package-rows.ts'
import { oneOf } from './query.ts'
import { routesOn, type Bindings } from './route.ts'

export interface GenericRoutesParts {
  readonly generic: GenericPackages
  readonly access: Access
  readonly log: Log
}

/** A file may have folders before it, each slash as it is or as %2F. */
const FILE = '/api/v4/projects/:id/packages/generic/:name/:version/:file{[^]+}'

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
  const select = oneOf(context, 'select', ['package_file'])
  const status = oneOf(context, 'status', ['default', 'hidden'])
  const { file, isNew } = await generic.put(project, {
    ...placeOf(context),
    bytes: streamBody(context, generic.maxFileBytes),
    sha256Digest: context.req.header('x-checksum-sha256'),
    isHidden: status === undefined ? undefined : status === 'hidden',
    madeBy: makerOf(principal),
  })
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
  return fileResponse(context, { ...file, fileName: savedName(file.fileName) }, await generic.open(file))
}

function placeOf(context: Context): GenericPlace {
  const { name = '', version = '', file: fileName = '' } = context.req.param() as Record<string, string>
  return { name, version, fileName }
}
