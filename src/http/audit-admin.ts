import { Hono } from 'hono'
import type { Audit, AuditRow } from '../access/index.ts'
import { isoTimeMs, type Log } from '../base/index.ts'
import { renderAdmin } from './admin.ts'
import { failures } from './failures.ts'
import { adminSocket, routesOn, type Bindings } from './route.ts'

const PAGE = 100

/** Part of the administration, as `admin.ts`: never served on the port. */
export function auditAdminRoutes(audit: Audit, log: Log): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  app.onError(failures(log, renderAdmin))
  route.get('/admin/audit', adminSocket, async (context) => {
    const afterId = Number(context.req.query('after') ?? 0)
    const rows = await audit.list({ afterId: Number.isSafeInteger(afterId) ? afterId : 0, limit: PAGE })
    return context.json({ rows: rows.map((row) => lineOf(row)) })
  })
  return app
}

function lineOf({ id, atMs, action, details, outcome: { kind: outcome, ...more } }: AuditRow) {
  return { id, at: isoTimeMs(atMs), action, details, outcome, ...more }
}
