import { Hono } from 'hono'
import type { Access, Audit } from '../access/index.ts'
import type { Log } from '../base/index.ts'
import type { Seals } from '../registry/index.ts'
import { renderAdmin } from './admin.ts'
import { readBodyAs } from './body.ts'
import { failures } from './failures.ts'
import { adminSocket, routesOn, type Bindings } from './route.ts'
import { auditedRule, ruleJson, RULE_BODY } from './seals.ts'
import { projectAt } from './project-at.ts'

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
    context.json(ruleJson(await seals.rule(await projectAt(access, context.req.param('path'))))),
  )
  route.put(RULE, adminSocket, async (context) => {
    const body = await readBodyAs(context, RULE_BODY, MAX_RULE_BYTES)
    const project = await projectAt(access, context.req.param('path'))
    return context.json(ruleJson(await auditedRule(audit, seals, { project, body })), 202)
  })
  return app
}
