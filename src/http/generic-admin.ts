import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import type { Access, Audit, Project } from '../access/index.ts'
import type { Log } from '../base/index.ts'
import type { Registry } from '../registry/index.ts'
import { renderAdmin } from './admin.ts'
import { readBodyAs } from './body.ts'
import { failures } from './failures.ts'
import { projectAt } from './project-at.ts'
import { adminSocket, routesOn, type Bindings } from './route.ts'

export interface GenericAdminParts {
  readonly registry: Pick<Registry, 'generic'>
  readonly access: Access
  readonly audit: Audit
  readonly log: Log
}

const MAX_BODY_BYTES = 4096
const Duplicates = v.strictObject({ generic: v.picklist(['allowed', 'refused']) })

/** Whether generic files may be duplicates. Part of the administration, as `admin.ts`: never served on the port. */
export function genericAdminRoutes({ registry, access, audit, log }: GenericAdminParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(failures(log, renderAdmin))
  const route = routesOn(app)
  const DUPLICATES = '/admin/projects/:path/duplicates'
  route.get(DUPLICATES, adminSocket, async (context) => {
    const project = await projectOfPath(context, access)
    const allowed = await registry.generic.duplicatesAllowed(project)
    return context.json({ generic: allowed ? 'allowed' : 'refused' })
  })
  route.put(DUPLICATES, adminSocket, async (context) => {
    const { generic } = await readBodyAs(context, Duplicates, MAX_BODY_BYTES)
    const project = await projectOfPath(context, access)
    const details = { project: project.path, duplicates: generic }
    await audit.audited({ action: 'project.generic-duplicates', details }, () =>
      registry.generic.setDuplicates(project, generic),
    )
    return context.json({ generic })
  })
  return app
}

/** The project `:path` of an administration route. Throws `access.unknown-project`. */
export function projectOfPath(context: Context, access: Access): Promise<Project> {
  return projectAt(access, context.req.param('path') ?? '')
}
