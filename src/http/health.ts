import { Hono } from 'hono'
import type { HttpBindings } from '@hono/node-server'

/** `/healthz`: the process answers. `/readyz`: it also takes writes. */
export function healthRoutes(isReady: () => boolean): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.get('/healthz', (context) => context.json({ status: 'SERVING' }))
  app.get('/readyz', (context) => {
    const ready = isReady()
    return context.json({ ready }, ready ? 200 : 503)
  })
  return app
}
