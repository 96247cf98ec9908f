import type { HttpBindings } from '@hono/node-server'
import { Hono, type MiddlewareHandler } from 'hono'
import type { Log } from '../base/index.ts'
import { failures } from './failures.ts'
import { requestIdOf, requestLog, type RequestLogParts } from './request-log.ts'

export type App = Hono<{ Bindings: HttpBindings }>

export interface AppParts {
  /** `host` or `host:port` as clients write them in the Host header; any other is answered 421. */
  readonly hosts: readonly string[]
  readonly log: Log
  /** Left out, requests are not logged. */
  readonly requests?: Omit<RequestLogParts, 'log'>
  readonly routes: readonly App[]
  /** Sees every request, refused ones too. */
  readonly measure?: MiddlewareHandler<{ Bindings: HttpBindings }>
}

/** All services behind one origin. */
export function createApp({ hosts, log, routes, measure, requests }: AppParts): App {
  const app = new Hono<{ Bindings: HttpBindings }>()
  if (requests !== undefined) app.use(requestLog({ log, ...requests }))
  if (measure !== undefined) app.use(measure)
  app.use(async (context, next) => {
    const host = context.req.header('host')?.toLowerCase()
    if (host === undefined || !hosts.includes(host)) {
      return context.json(
        {
          message: '421 Misdirected Request: this server does not answer for that host',
          requestId: requestIdOf(context),
        },
        421,
      )
    }
    await next()
    // `context.header` would take the finished answer apart and put it together again, body and all.
    context.res.headers.set('X-Content-Type-Options', 'nosniff')
    return undefined
  })
  app.onError(failures(log))
  app.notFound((context) => context.json({ message: '404 Not Found', requestId: requestIdOf(context) }, 404))
  for (const group of routes) app.route('/', group)
  return app
}
