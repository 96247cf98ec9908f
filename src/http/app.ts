import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import type { Log } from '../base/index.ts'
import { answeringAtOnce, findOf, type AtOnce } from './at-once.ts'
import { failures } from './failures.ts'
import type { Measure } from './metrics-routes.ts'
import { ownHosts, type Hosts } from './own-hosts.ts'
import { requestIdOf, requestLog, type RequestLogParts } from './request-log.ts'
import { sayInStatusLine } from './reason-phrase.ts'
import { declaredRoutes, type DeclaredRoute } from './route.ts'
import { storedElsewhere, type StoredLocation } from './stored-location.ts'

export type App = Hono<{ Bindings: HttpBindings }>

/** Any other host is answered 421. */
export interface AppParts extends Hosts {
  readonly log: Log
  /** Left out, requests are not logged. */
  readonly requests?: Omit<RequestLogParts, 'log'>
  readonly routes: readonly App[]
  /** Left out, this server sends every file itself. */
  readonly stored?: StoredLocation | undefined
  /** Sees every request, refused ones too. */
  readonly measure?: Measure
}

const MISDIRECTED = 'this server does not serve that host name'

const HOST_HINT = 'use the URL that wheelseal up prints, or start the server with --host NAME'

const NO_ROUTE = 'this server has nothing at this path'
const ROUTE_HINT = 'check the URL: wheelseal up prints those of all services on a terminal'

/** All services behind one origin. Throws for a route that declares no right, or that of the admin socket. */
export function createApp({ hosts, log, routes, measure, requests, stored }: AppParts): App {
  const app = new Hono<{ Bindings: HttpBindings }>()
  if (requests !== undefined) app.use(requestLog({ log, ...requests }))
  if (measure !== undefined) app.use(measure)
  if (stored !== undefined) app.use(storedElsewhere(stored))
  app.use(async (context, next) => {
    const { incoming } = (context.env ?? {}) as Partial<HttpBindings>
    if (!ownHosts(hosts, context.req.header('host'), incoming?.url)) {
      sayInStatusLine(context.env, `${MISDIRECTED}; ${HOST_HINT}`)
      const message = `421 Misdirected Request: ${MISDIRECTED}`
      return context.json({ message, hint: HOST_HINT, requestId: requestIdOf(context) }, 421)
    }
    await next()
    // `context.header` would take the finished answer apart and put it together again, body and all.
    context.res.headers.set('X-Content-Type-Options', 'nosniff')
    return undefined
  })
  app.onError(failures(log))
  app.notFound((context) => {
    sayInStatusLine(context.env, `${NO_ROUTE}; ${ROUTE_HINT}`)
    const message = `404 Not Found - ${NO_ROUTE}`
    return context.json({ message, hint: ROUTE_HINT, requestId: requestIdOf(context) }, 404)
  })
  for (const group of routes) {
    for (const route of declaredRoutes(group)) refuseUnfit(route)
    app.route('/', group)
  }
  const finds = routes.flatMap((group) => findOf(group) ?? [])
  if (finds.length > 0 && requests !== undefined)
    atOnce.set(app, answeringAtOnce({ hosts, measure, finds, requests: { log, ...requests } }))
  return app
}

const atOnce = new WeakMap<App, AtOnce>()

/** What of an app can be answered before it is asked. */
export function atOnceOf(app: App): AtOnce | undefined {
  return atOnce.get(app)
}

/** A mistake in the program: better no server than one that answers whom it should not. */
function refuseUnfit({ method, path, right }: DeclaredRoute): void {
  if (right === undefined) throw new Error(`${method} ${path} declares no right`)
  if (right === 'admin socket') throw new Error(`${method} ${path} belongs on the admin socket only`)
}
