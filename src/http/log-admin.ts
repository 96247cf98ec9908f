import { Hono } from 'hono'
import { encodeHex, type Log } from '../base/index.ts'
import type { LogCheck } from '../log/index.ts'
import { renderAdmin } from './admin.ts'
import { failures } from './failures.ts'
import { adminSocket, routesOn, type Bindings } from './route.ts'

/** What a check of one log found, as administration answers it. */
export interface LogReport {
  readonly name: string
  readonly size: number
  /** Hex. */
  readonly root: string
  readonly problems: readonly string[]
}

/** Part of the administration, as `admin.ts`: never served on the port. */
export function logAdminRoutes(
  check: () => Promise<Readonly<Record<string, LogCheck>>>,
  log: Log,
): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  app.onError(failures(log, renderAdmin))
  route.post('/admin/logs/check', adminSocket, async (context) => {
    return context.json({ logs: logReports(await check()) } as object)
  })
  return app
}

export function logReports(checks: Readonly<Record<string, LogCheck>>): readonly LogReport[] {
  return Object.entries(checks).map(([name, { head, problems }]) => ({
    name,
    size: head.size,
    root: encodeHex(head.root),
    problems,
  }))
}
