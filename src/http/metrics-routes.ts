import { Hono, type Context, type MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { Access } from '../access/index.ts'
import type { Clock, Log } from '../base/index.ts'
import { metricsReader, registryFailures } from './authenticate.ts'
import type { Metrics } from './metrics.ts'
import { adminSocket, routesOn, type Bindings } from './route.ts'

export interface MetricsParts {
  readonly metrics: Metrics
  readonly access: Access
  readonly log: Log
}

/**
 * `/metrics` for administrators and for tokens of just that scope. Not for whoever calls from this machine: behind a proxy that is everybody.
 */
export function metricsRoutes({ metrics, access, log }: MetricsParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(log))
  routesOn(app).get('/metrics', metricsReader(access), (context) => exposition(context, metrics))
  return app
}

/** The same for the owner-only socket, which asks nobody. */
export function ownMetricsRoutes(metrics: Metrics): Hono<Bindings> {
  const app = new Hono<Bindings>()
  routesOn(app).get('/metrics', adminSocket, (context) => exposition(context, metrics))
  return app
}

async function exposition(context: Context, metrics: Metrics): Promise<Response> {
  return context.body(await metrics.text(), 200, {
    'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
    'Cache-Control': 'no-store',
  })
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** One request that was answered. */
export interface Seen {
  readonly method: string
  /** Its pattern: paths hold names and have no end. */
  readonly route: string
  readonly status: number
  /** Until its answer began. */
  readonly ms: number
}

/** Sees every request that goes through it, and those that it is told of. */
export type Measure = MiddlewareHandler<Bindings> & { readonly seen: (one: Seen) => void }

/** Counts requests and times them until their answer begins. */
export function measured(metrics: Metrics, clock: Clock): Measure {
  const count = metrics.counter('wheelseal_http_requests_total', 'Requests answered.')
  const time = metrics.histogram(
    'wheelseal_http_request_duration_seconds',
    'Seconds from the headers of a request to the start of its answer.',
  )
  const seen = ({ method: sent, route, status, ms }: Seen): void => {
    const method = METHODS.includes(sent) ? sent : 'other'
    count({ method, route, status: `${Math.floor(status / 100)}xx` })
    time(ms / 1000, { method, route })
  }
  const through: MiddlewareHandler<Bindings> = async (context, next) => {
    const begunMs = clock.nowMs()
    await next()
    const ms = Math.max(0, clock.nowMs() - begunMs)
    seen({ method: context.req.method, route: routeOf(context), status: context.res.status, ms })
  }
  return Object.assign(through, { seen })
}

/** Middleware counts for all methods and is no route. */
function routeOf(context: Context): string {
  const route = matchedRoutes(context).findLast(({ method }) => method !== 'ALL')
  return route?.path.replaceAll(/\{(?:[^{}]|\{[^{}]*\})*\}/g, '') ?? 'none'
}
