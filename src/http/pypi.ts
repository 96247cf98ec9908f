import { Hono, type Context } from 'hono'
import type { Access, Project } from '../access/index.ts'
import type { Log } from '../base/index.ts'
import { isName, normalizeName } from '../formats/python/index.ts'
import { registryErrors, type PypiPackages } from '../registry/index.ts'
import { principalFields, projectRights, registryFailures, type Admitted } from './authenticate.ts'
import { listsTag } from './entity-tag.ts'
import { fileResponse } from './file-response.ts'
import { readPypiForm, type PypiForm } from './pypi-form.ts'
import { indexPage, packagePage } from './simple-page.ts'
import { routesOn, type Bindings } from './route.ts'

export interface PypiRoutesParts {
  readonly pypi: PypiPackages
  readonly access: Access
  readonly log: Log
}

const PYPI = '/api/v4/projects/:id/packages/pypi'

/** GitLab's PyPI registry, as twine and pip speak to it: upload, simple index (PEP 503), download. */
export function pypiRoutes(parts: PypiRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(parts.log))
  const route = routesOn(app)
  const may = projectRights(parts.access, { takesJobTokenHeader: false })
  const read = may('read_packages')
  for (const slash of ['', '/']) {
    const page = { ...parts, slash }
    route.post(`${PYPI}${slash}`, may('create_package'), (context, who) => upload(context, who, parts))
    route.get(`${PYPI}/simple${slash}`, read, (context, { project }) => index(context, project, page))
    route.get(`${PYPI}/simple/:name${slash}`, read, (context, { project }) =>
      listPackage(context, project, page),
    )
  }
  route.get(`${PYPI}/files/:sha256/:file`, read, (context, { project }) => download(context, project, parts))
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
  const { file, isNew } = await publish(pypi, project, form)
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

function publish(pypi: PypiPackages, project: Project, { fields, fileName, content }: PypiForm) {
  return pypi.publish(project, {
    name: fields.get('name') ?? '',
    version: fields.get('version') ?? '',
    fileName,
    sha256Digest: fields.get('sha256_digest'),
    requiresPython: fields.get('requires_python'),
    content,
  })
}

/** What ends the path by which a page was asked for. */
type PageParts = PypiRoutesParts & { readonly slash: string }

async function index(
  context: Context<Bindings>,
  project: Project,
  { pypi, slash }: PageParts,
): Promise<Response> {
  const tag = pageTag(await pypi.revision(project))
  if (listsTag(context.req.header('if-none-match'), tag)) return notModified(context, tag)
  return html(context, tag, indexPage({ title: project.name, slash }, pypi.names(project)))
}

async function listPackage(
  context: Context<Bindings>,
  project: Project,
  { pypi, slash }: PageParts,
): Promise<Response> {
  const given = context.req.param('name') ?? ''
  if (!isName(given))
    throw registryErrors('registry.unknown-package', `${project.path} has no package with that name`)
  const name = normalizeName(given)
  // Before the rows: one that is added meanwhile makes the tag too old, and never too new.
  const tag = pageTag(await pypi.revision(project), name)
  if (listsTag(context.req.header('if-none-match'), tag)) return notModified(context, tag)
  const files = pypi.files(project, name)[Symbol.asyncIterator]()
  const first = await files.next()
  if (first.done !== true)
    return html(context, tag, packagePage({ title: first.value.name, slash }, beginning(first.value, files)))
  const elsewhere = await pypi.forwardedUrl(project, name)
  if (elsewhere !== undefined) return context.redirect(elsewhere, 302)
  throw registryErrors('registry.unknown-package', `${project.path} has no package ${name}`)
}

async function* beginning<T>(first: T, rest: AsyncIterator<T>): AsyncGenerator<T> {
  yield first
  yield* { [Symbol.asyncIterator]: () => rest }
}

async function download(
  context: Context<Bindings>,
  project: Project,
  { pypi }: PypiRoutesParts,
): Promise<Response> {
  const { sha256 = '', file: fileName = '' } = context.req.param() as Record<string, string>
  const file = await pypi.find(project, { sha256, fileName })
  if (file === undefined)
    throw registryErrors('registry.unknown-file', `${project.path} has no file with that name and digest`)
  return fileResponse(context, file, await pypi.open(file))
}

/** The form of the pages. Another form needs another number: what a client keeps of this one must not pass for it. */
const PAGE_FORM = 1

/** Weak: a page that is written while a file is added has its tag from before. A tag is good for its own page only. */
function pageTag(revision: number, name = ''): string {
  return `W/"${PAGE_FORM}.${revision}.${name}"`
}

/** Kept, but asked for again each time: what was published is listed at once. */
function cached(tag: string): Readonly<Record<string, string>> {
  return { ETag: tag, 'Cache-Control': 'no-cache' }
}

function notModified(context: Context, tag: string): Response {
  return context.body(null, 304, cached(tag))
}

/** Texts of users stand in pages, escaped; should one slip through, it still may not run. */
function html(context: Context, tag: string, page: AsyncIterable<Uint8Array>): Response {
  return context.body(ReadableStream.from(page), 200, {
    ...cached(tag),
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
  })
}
