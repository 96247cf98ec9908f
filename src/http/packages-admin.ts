import { Hono } from 'hono'
import * as v from 'valibot'
import type { Access, Audit } from '../access/index.ts'
import type { Log } from '../base/index.ts'
import type { Registry } from '../registry/index.ts'
import { renderAdmin } from './admin.ts'
import { readBodyAs } from './body.ts'
import { failures } from './failures.ts'
import { adminSocket, routesOn, type Bindings, type Routes } from './route.ts'
import { projectAt } from './project-at.ts'

export interface PackagesAdminParts {
  readonly registry: Pick<Registry, 'curation'>
  readonly access: Access
  readonly audit: Audit
  readonly log: Log
}

const MAX_BODY_BYTES = 64 * 1024
const text = v.pipe(v.string(), v.maxLength(4096))
const release = { project: text, name: text, version: text }
const bodies = {
  /** Null takes it back. */
  mark: v.strictObject({ ...release, reason: v.nullable(text) }),
  release: v.strictObject(release),
  status: v.strictObject({
    project: text,
    name: text,
    status: v.picklist(['active', 'archived', 'deprecated', 'quarantined']),
    reason: text,
  }),
  settings: v.strictObject({ project: text, identicalUploads: v.picklist(['accept', 'refuse']) }),
}

/** What commands say of published packages; over the port the same is `pypi-curation.ts`. */
export function packagesAdminRoutes(parts: PackagesAdminParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  app.onError(failures(parts.log, renderAdmin))
  releaseRoutes(route, parts)
  packageRoutes(route, parts)
  return app
}

function releaseRoutes(route: Routes, { registry, access, audit }: PackagesAdminParts): void {
  for (const mark of ['yank', 'quarantine'] as const)
    route.post(`/admin/packages/${mark}`, adminSocket, async (context) => {
      const { project: path, reason, ...asked } = await readBodyAs(context, bodies.mark, MAX_BODY_BYTES)
      const project = await projectAt(access, path)
      const action = reason === null ? `package.un${mark}` : `package.${mark}`
      const details = { project: project.path, ...asked, ...(reason !== null && { reason }) }
      const done = await audit.audited({ action, details }, () =>
        registry.curation[mark](project, asked, reason),
      )
      return context.json({ ...done })
    })
  route.post('/admin/packages/delete', adminSocket, async (context) => {
    const { project: path, ...asked } = await readBodyAs(context, bodies.release, MAX_BODY_BYTES)
    const project = await projectAt(access, path)
    const details = { project: project.path, ...asked }
    const done = await audit.audited({ action: 'package.delete', details }, () =>
      registry.curation.remove(project, asked),
    )
    return context.json({ ...done })
  })
}

function packageRoutes(route: Routes, { registry, access, audit }: PackagesAdminParts): void {
  route.post('/admin/packages/status', adminSocket, async (context) => {
    const { project: path, name, ...to } = await readBodyAs(context, bodies.status, MAX_BODY_BYTES)
    const project = await projectAt(access, path)
    const details = { project: project.path, name, ...to }
    const done = await audit.audited({ action: 'package.status', details }, () =>
      registry.curation.setStatus(project, name, to),
    )
    return context.json({ ...done, ...to })
  })
  route.post('/admin/packages/settings', adminSocket, async (context) => {
    const { project: path, ...settings } = await readBodyAs(context, bodies.settings, MAX_BODY_BYTES)
    const project = await projectAt(access, path)
    await audit.audited({ action: 'package.settings', details: { project: project.path, ...settings } }, () =>
      registry.curation.changeSettings(project, settings),
    )
    return context.json(settings)
  })
}
