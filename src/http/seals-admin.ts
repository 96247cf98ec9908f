import { Hono } from 'hono'
import { accessErrors, type Access, type Audit, type Project } from '../access/index.ts'
import type { Log } from '../base/index.ts'
import type { Seals } from '../registry/index.ts'
import { renderAdmin } from './admin.ts'
import { readBodyAs } from './body.ts'
import { failures } from './failures.ts'
import { adminSocket, routesOn, type Bindings } from './route.ts'
import { auditedRule, ruleJson, RULE_BODY } from './seals.ts'

export interface SealAdminParts {
  readonly access: Access
  readonly audit: Audit
  readonly seals: Seals
  readonly log: Log
}

const RULE = '/admin/projects/:path/rule'
const MAX_RULE_BYTES = 256 * 1024

/** The publish rules of projects, for the owner of the data directory. */
export function sealAdminRoutes({ access, audit, seals, log }: SealAdminParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  app.onError(failures(log, renderAdmin))
  route.get(RULE, adminSocket, async (context) =>
    context.json(ruleJson(await seals.rule(await findProject(access, context.req.param('path'))))),
  )
  route.put(RULE, adminSocket, async (context) => {
    const body = await readBodyAs(context, RULE_BODY, MAX_RULE_BYTES)
    const project = await findProject(access, context.req.param('path'))
    return context.json(ruleJson(await auditedRule(audit, seals, { project, body })), 202)
  })
  return app
}

async function findProject(access: Access, path: string): Promise<Project> {
  const project = await access.findProject(path)
  if (project === undefined) throw accessErrors('access.unknown-project', `project ${path} does not exist`)
  return project
}
