import { Hono } from 'hono'
import type { HttpBindings } from '@hono/node-server'
import { withoutPaths } from './failures.ts'
import { sayInStatusLine } from './reason-phrase.ts'

/** What keeps the server from doing its work, in words; nothing when it is ready. */
export type Unreadiness = () => readonly string[] | Promise<readonly string[]>

/** `/healthz`: the process answers. `/readyz`: it also does its work, with what will end that before long, or says why not. */
export function healthRoutes(
  unreadiness: Unreadiness,
  warnings: Unreadiness = () => [],
): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.get('/healthz', (context) => context.json({ status: 'SERVING' }))
  app.get('/readyz', async (context) => {
    const reasons = await unreadiness()
    context.header('Cache-Control', 'no-store')
    const soon = await warnings()
    const more = soon.length === 0 ? {} : { warnings: soon }
    if (reasons.length === 0) return context.json({ ready: true, ...more })
    const said = reasons.map((reason) => withoutPaths(reason))
    sayInStatusLine(context.env, `not ready: ${said.join('; ')}`)
    return context.json({ ready: false, reasons: said, ...more }, 503)
  })
  return app
}
