import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import type { Access, Audit, AuditRow } from '../access/index.ts'
import type { Log } from '../base/index.ts'
import type { PypiSettings, Registry } from '../registry/index.ts'
import { principalFields, projectRights, registryFailures, type Admitted } from './authenticate.ts'
import { readBodyAs } from './body.ts'
import { routesOn, type Bindings } from './route.ts'

export interface CurationRoutesParts {
  readonly registry: Pick<Registry, 'curation'>
  readonly access: Access
  readonly audit: Audit
  readonly log: Log
}

const PYPI = '/api/v4/projects/:id/packages/pypi'
const RELEASE = `${PYPI}/names/:name/versions/:version`

const MAX_BODY_BYTES = 64 * 1024
const reason = v.optional(v.string(), '')
const bodies = {
  reason: v.strictObject({ reason }),
  status: v.strictObject({ status: v.picklist(['active', 'archived', 'deprecated', 'quarantined']), reason }),
  settings: v.strictObject({ identical_uploads: v.picklist(['accept', 'refuse']) }),
}

/**
 * What maintainers say of published packages, of which GitLab has nothing: yank, quarantine, delete, status, and how
 * uploads are taken. Each change leaves a row in the audit trail.
 */
export function pypiCurationRoutes(parts: CurationRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(parts.log))
  const route = routesOn(app)
  const may = projectRights(parts.access, { takesJobTokenHeader: false })
  const admin = may('admin_packages')
  for (const mark of ['yank', 'quarantine'] as const) {
    const path = `${RELEASE}/${mark}`
    route.put(path, admin, async (context, who) =>
      curated(context, { ...parts, who, action: `package.${mark}`, reason: await readReason(context) }, mark),
    )
    route.delete(path, admin, (context, who) =>
      curated(context, { ...parts, who, action: `package.un${mark}`, reason: null }, mark),
    )
  }
  route.delete(RELEASE, may('destroy_package'), (context, who) =>
    curated(context, { ...parts, who, action: 'package.delete', reason: null }, 'remove'),
  )
  route.put(`${PYPI}/names/:name/status`, admin, (context, who) => setStatus(context, parts, who))
  route.get(`${PYPI}/settings`, admin, async (context, { project }) =>
    context.json(shownSettings(await parts.registry.curation.settings(project))),
  )
  route.put(`${PYPI}/settings`, admin, (context, who) => changeSettings(context, parts, who))
  return app
}

/** Without a body there is no reason. */
async function readReason(context: Context<Bindings>): Promise<string> {
  if (context.req.header('content-type') === undefined) return ''
  return (await readBodyAs(context, bodies.reason, MAX_BODY_BYTES)).reason
}

interface Asked extends CurationRoutesParts {
  readonly who: Admitted
  readonly action: string
  readonly reason: string | null
}

async function curated(
  context: Context<Bindings>,
  asked: Asked,
  method: 'yank' | 'quarantine' | 'remove',
): Promise<Response> {
  const { registry, who, action } = asked
  const { name = '', version = '' } = context.req.param() as Record<string, string>
  const details = { name, version, ...(asked.reason !== null && { reason: asked.reason }) }
  const done = await audited(asked, { action, details }, () =>
    registry.curation[method](who.project, { name, version }, asked.reason),
  )
  return context.json({ ...done })
}

async function setStatus(
  context: Context<Bindings>,
  parts: CurationRoutesParts,
  who: Admitted,
): Promise<Response> {
  const { name = '' } = context.req.param() as Record<string, string>
  const to = await readBodyAs(context, bodies.status, MAX_BODY_BYTES)
  const row = { action: 'package.status', details: { name, ...to } }
  const done = await audited({ ...parts, who }, row, () =>
    parts.registry.curation.setStatus(who.project, name, to),
  )
  return context.json({ ...done, ...to })
}

async function changeSettings(
  context: Context<Bindings>,
  parts: CurationRoutesParts,
  who: Admitted,
): Promise<Response> {
  const settings = await readBodyAs(context, bodies.settings, MAX_BODY_BYTES)
  const row = { action: 'package.settings', details: settings }
  await audited({ ...parts, who }, row, () =>
    parts.registry.curation.changeSettings(who.project, { identicalUploads: settings.identical_uploads }),
  )
  return context.json(settings)
}

function shownSettings({ identicalUploads }: PypiSettings) {
  return { identical_uploads: identicalUploads }
}

function audited<T>(
  { audit, who }: { readonly audit: Audit; readonly who: Admitted },
  { action, details }: Pick<AuditRow, 'action' | 'details'>,
  act: () => Promise<T>,
): Promise<T> {
  const { user = '' } = principalFields(who.principal)
  return audit.audited({ action, details: { project: who.project.path, user, ...details } }, act)
}
