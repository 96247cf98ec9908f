import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import type { Access, Audit } from '../access/index.ts'
import type { Log } from '../base/index.ts'
import type { Pipelines } from '../pipelines/index.ts'
import { LISTED_AT_MOST, registryErrors, type PackageRecord, type Registry } from '../registry/index.ts'
import { principalFields, projectRights, registryFailures, type Admitted } from './authenticate.ts'
import { readBodyAs } from './body.ts'
import { listedFileRow, packageRow, pipelineRow, type PipelineRow, type RowPlace } from './package-rows.ts'
import { ownUrl } from './own-url.ts'
import { oneOf, pageHeaders, readPage } from './query.ts'
import { routesOn, type Bindings, type Routes } from './route.ts'

export interface PackagesRoutesParts {
  readonly registry: Pick<Registry, 'packages' | 'generic'>
  readonly pipelines: Pick<Pipelines, 'originOfJob'>
  readonly access: Access
  readonly audit: Audit
  readonly externalUrl: string
  readonly log: Log
}

const PACKAGES = '/api/v4/projects/:id/packages'
const PACKAGE = `${PACKAGES}/:package{[0-9]{1,15}}` as const
/** As many pipelines as GitLab has on a page. */
const MAX_PIPELINES = 20
const MAX_JOBS = 100
const MAX_VERSIONS = 20
const MAX_BODY_BYTES = 4096

/** GitLab's Packages API: what a project has published, who made it, and its deletion. */
export function packagesRoutes(parts: PackagesRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(parts.log))
  const route = routesOn(app)
  const may = projectRights(parts.access, { takesJobTokenHeader: true })
  const [read, destroy] = [may('read_packages'), may('destroy_package')]
  route.get(PACKAGES, read, (context, who) => list(context, who, parts))
  route.get(PACKAGE, read, (context, who) => show(context, who, parts))
  route.get(`${PACKAGE}/package_files`, read, (context, who) => listFiles(context, who, parts))
  route.get(`${PACKAGE}/pipelines`, read, (context, who) => listPipelines(context, who, parts))
  route.delete(PACKAGE, destroy, (context, who) => deletePackage(context, who, parts))
  route.delete(`${PACKAGE}/package_files/:file{[0-9]{1,15}}`, destroy, (context, who) =>
    deleteFile(context, who, parts),
  )
  settingsRoutes(route, parts)
  return app
}

/** What stands in the URL of the next page; a token in the query does not. */
const LIST_PARAMETERS = ['package_type', 'package_name', 'package_version', 'status', 'order_by', 'sort']
/** GitLab's other types and states, of which nothing is ever here, are known and find nothing. */
const TYPES =
  'conan maven npm pypi composer nuget helm terraform_module golang debian rubygems generic ml_model'
const STATES = ['default', 'hidden', 'processing', 'error', 'pending_destruction', 'deprecated'] as const

async function list(
  context: Context<Bindings>,
  who: Admitted,
  parts: PackagesRoutesParts,
): Promise<Response> {
  const page = readPage(context, LISTED_AT_MOST)
  const orderBy = oneOf(context, 'order_by', ['created_at', 'name', 'version', 'type']) ?? 'created_at'
  const direction = oneOf(context, 'sort', ['asc', 'desc']) ?? 'desc'
  const filter = readFilter(context)
  const { packages } = parts.registry
  const slice = { orderBy, direction, offset: page.offset, limit: page.perPage }
  const rows = filter === undefined ? [] : await packages.list(who.project, filter, slice)
  const total = filter === undefined ? 0 : await packages.count(who.project, filter)
  const url = urlOf(context, parts, { path: `/projects/${who.project.id}/packages`, keep: LIST_PARAMETERS })
  return context.json(await packageRows(context, who, { parts, rows }), 200, {
    ...pageHeaders({ ...page, total, rowCount: rows.length, url }),
  })
}

/** Undefined for what finds nothing whatever there is. */
function readFilter(context: Context) {
  const kind = oneOf(context, 'package_type', TYPES.split(' '))
  const status = oneOf(context, 'status', STATES) ?? 'default'
  const [name, version] = [context.req.query('package_name'), context.req.query('package_version')]
  const isNothing = status !== 'default' && status !== 'hidden'
  if (isNothing || (name !== undefined && !/^[A-Za-z0-9._-]{0,255}$/.test(name))) return undefined
  if (kind !== undefined && kind !== 'pypi' && kind !== 'generic') return undefined
  return { kind, name, version, isHidden: status === 'hidden' } as const
}

interface Kept {
  readonly path: string
  /** Parameters of the query. */
  readonly keep: readonly string[]
}

function urlOf(context: Context<Bindings>, { externalUrl }: PackagesRoutesParts, { path, keep }: Kept): URL {
  const url = new URL(`${ownUrl(context, externalUrl)}/api/v4${path}`)
  for (const name of keep) {
    const value = context.req.query(name)
    if (value !== undefined) url.searchParams.set(name, value)
  }
  return url
}

async function packageRows(
  context: Context<Bindings>,
  who: Admitted,
  { parts, rows }: { readonly parts: PackagesRoutesParts; readonly rows: readonly PackageRecord[] },
) {
  const place = await placeOf(context, who, parts)
  const origins = pipelinesOf(parts, place.url)
  const shown = []
  for (const row of rows) shown.push(packageRow(row, place, await origins(row.madeBy.jobId)))
  return shown
}

async function placeOf(
  context: Context<Bindings>,
  { project, principal }: Admitted,
  { access, externalUrl }: PackagesRoutesParts,
): Promise<RowPlace> {
  const mayDelete = await access.may(principal, 'destroy_package', project)
  return { url: ownUrl(context, externalUrl), projectPath: project.path, mayDelete }
}

type PipelineOf = (jobId: number | null) => Promise<PipelineRow | undefined>

/** Each job is looked up once: most files of a page are of the same. */
function pipelinesOf({ pipelines }: PackagesRoutesParts, url: string): PipelineOf {
  const known = new Map<number, PipelineRow | undefined>()
  return async (jobId) => {
    if (jobId === null) return undefined
    if (!known.has(jobId)) {
      const origin = await pipelines.originOfJob(jobId)
      known.set(jobId, origin && pipelineRow(origin, url))
    }
    return known.get(jobId)
  }
}

async function show(
  context: Context<Bindings>,
  who: Admitted,
  parts: PackagesRoutesParts,
): Promise<Response> {
  const found = await findPackage(context, who, parts)
  const others = await parts.registry.packages.otherVersions(found, MAX_VERSIONS)
  const [row, ...versions] = await packageRows(context, who, { parts, rows: [found, ...others] })
  return context.json({
    ...row,
    versions: versions.map(({ id, version, created_at, tags, pipelines }) => ({
      id,
      version,
      created_at,
      tags,
      pipelines,
    })),
  })
}

async function findPackage(
  context: Context<Bindings>,
  { project }: Admitted,
  { registry }: PackagesRoutesParts,
): Promise<PackageRecord> {
  const id = Number(context.req.param('package'))
  const found = await registry.packages.find(project, id)
  if (found !== undefined) return found
  throw registryErrors('registry.unknown-package', `${project.path} has no package with the id ${id}`)
}

async function listFiles(
  context: Context<Bindings>,
  who: Admitted,
  parts: PackagesRoutesParts,
): Promise<Response> {
  const page = readPage(context, LISTED_AT_MOST)
  const orderBy = oneOf(context, 'order_by', ['id', 'created_at', 'file_name']) ?? 'id'
  const direction = oneOf(context, 'sort', ['asc', 'desc']) ?? 'asc'
  const { id } = await findPackage(context, who, parts)
  const { packages } = parts.registry
  const slice = { orderBy, direction, offset: page.offset, limit: page.perPage }
  const rows = await packages.listFiles(id, slice)
  const total = await packages.countFiles(id)
  const path = `/projects/${who.project.id}/packages/${id}/package_files`
  const url = urlOf(context, parts, { path, keep: ['order_by', 'sort'] })
  const origins = pipelinesOf(parts, ownUrl(context, parts.externalUrl))
  const shown = []
  for (const row of rows) shown.push(listedFileRow(row, await origins(row.madeBy.jobId)))
  return context.json(shown, 200, pageHeaders({ ...page, total, rowCount: rows.length, url }))
}

/** The newest pipelines that uploaded to the package; GitLab has them on pages of the same size. */
async function listPipelines(
  context: Context<Bindings>,
  who: Admitted,
  parts: PackagesRoutesParts,
): Promise<Response> {
  const { id } = await findPackage(context, who, parts)
  const jobs = await parts.registry.packages.listJobs(id, MAX_JOBS)
  const origins = pipelinesOf(parts, ownUrl(context, parts.externalUrl))
  const rows = new Map<number, PipelineRow>()
  for (const job of jobs) {
    const row = await origins(job)
    if (row !== undefined) rows.set(row.id, row)
  }
  const newest = [...rows.values()].toSorted((one, other) => other.id - one.id)
  return context.json(newest.slice(0, MAX_PIPELINES))
}

async function deletePackage(
  context: Context<Bindings>,
  who: Admitted,
  parts: PackagesRoutesParts,
): Promise<Response> {
  const found = await findPackage(context, who, parts)
  await parts.audit.audited({ action: 'package.delete', details: detailsOf(who, found) }, () =>
    parts.registry.packages.delete(found),
  )
  return context.body(null, 204)
}

async function deleteFile(
  context: Context<Bindings>,
  who: Admitted,
  parts: PackagesRoutesParts,
): Promise<Response> {
  const found = await findPackage(context, who, parts)
  const fileId = Number(context.req.param('file'))
  const details = { ...detailsOf(who, found), file: String(fileId) }
  await parts.audit.audited({ action: 'package-file.delete', details }, async () => {
    if (await parts.registry.packages.deleteFile(found, fileId)) return
    throw registryErrors(
      'registry.unknown-file',
      `${found.name} ${found.version} has no file with the id ${fileId}`,
    )
  })
  return context.body(null, 204)
}

function detailsOf({ project, principal }: Admitted, { name, version, kind }: PackageRecord) {
  const { user = '' } = principalFields(principal)
  return { project: project.path, user, package: `${name} ${version}`, type: kind }
}

const Settings = v.strictObject({ generic_duplicates_allowed: v.boolean() })

function settingsRoutes(route: Routes, { access, audit, registry }: PackagesRoutesParts): void {
  const admin = projectRights(access, { takesJobTokenHeader: false })('admin_packages')
  route.get(`${PACKAGES}/settings`, admin, async (context, { project }) =>
    context.json({ generic_duplicates_allowed: await registry.generic.duplicatesAllowed(project) }),
  )
  route.put(`${PACKAGES}/settings`, admin, async (context, { project, principal }) => {
    const settings = await readBodyAs(context, Settings, MAX_BODY_BYTES)
    const allowed = settings.generic_duplicates_allowed ? 'allowed' : 'refused'
    const { user = '' } = principalFields(principal)
    const details = { project: project.path, user, duplicates: allowed }
    await audit.audited({ action: 'project.generic-duplicates', details }, () =>
      registry.generic.setDuplicates(project, allowed),
    )
    return context.json(settings)
  })
}
