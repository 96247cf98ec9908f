import { Hono } from 'hono'
import { withoutPaths } from './failures.ts'
import { sayInStatusLine } from './reason-phrase.ts'
import { anyone, routesOn, type Bindings } from './route.ts'

/** What keeps the server from doing its work, in words; nothing when it is ready. */
export type Unreadiness = () => readonly string[] | Promise<readonly string[]>

/** `/healthz`: the process answers. `/readyz`: it also does its work, with what will end that before long, or says why not. */
export function healthRoutes(unreadiness: Unreadiness, warnings: Unreadiness = () => []): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  route.get('/healthz', anyone, (context) => context.json({ status: 'SERVING' }))
  route.get('/readyz', anyone, async (context) => {
    const reasons = await unreadiness()
    context.header('Cache-Control', 'no-store')
    const soon = (await warnings()).map((warning) => withoutPaths(warning))
    const more = soon.length === 0 ? {} : { warnings: soon }
    if (reasons.length === 0) return context.json({ ready: true, ...more })
    const said = reasons.map((reason) => withoutPaths(reason))
    sayInStatusLine(context.env, `not ready: ${said.join('; ')}`)
    return context.json({ ready: false, reasons: said, ...more }, 503)
  })
  return app
}
