import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import { BlockList } from 'node:net'
import { encodeHex, type Clock, type Entropy, type Log, type LogFields } from '../base/index.ts'
import { clientAddress, isProxy, networkOf } from './client-address.ts'

export interface RequestLogParts {
  readonly log: Log
  readonly clock: Clock
  readonly entropy: Entropy
  /** Whose word on the client's address and on the id of a request counts; nobody's where it is left out. */
  readonly proxies?: BlockList | undefined
}

/** What the parts of a request learn about it, for its one line. */
export interface RequestNotes {
  readonly user?: string
  /** The id of a personal token. */
  readonly token?: number
  /** The job whose token it is. */
  readonly job?: number
  /** The job of the path of a job's own calls, before its token is checked. */
  readonly claimedJob?: number
  /** What kind of credential was sent that is nobody's. */
  readonly credential?: string
  /** The path of a project, or what was asked for where there is none. */
  readonly project?: string
  /** Whom an id token speaks for by its own word, which nobody has checked yet. */
  readonly claimedSubject?: string | undefined
  readonly code?: string
  /** The fact that the client was told. */
  readonly reason?: string
}

interface Trace {
  readonly id: string
  /** The address of the client, as far as the proxies of the configuration are believed. */
  readonly client: string
  notes: RequestNotes
}

const traces = new WeakMap<Context, Trace>()

/**
 * One line for each request: who asked for what, and how it ended. A refusal is a line `request.refused` of the level
 * `warn`, anything else `request` of the level `info`, or `debug` where a machine asks every few seconds. Its id goes to
 * the client too, in `X-Request-Id` and in the body of an error. No line has a query, a header, a body or a secret.
 */
export function requestLog(parts: RequestLogParts): MiddlewareHandler<{ Bindings: HttpBindings }> {
  const { log, clock, entropy, proxies = new BlockList() } = parts
  return async (context, next) => {
    const begunMs = clock.nowMs()
    const peer = peerOf(context)
    const id = givenId(context, peer, proxies) ?? encodeHex(entropy.bytes(ID_BYTES))
    const client = clientAddress(peer, context.req.header('x-forwarded-for') ?? '', proxies)
    const trace: Trace = { id, client, notes: {} }
    traces.set(context, trace)
    await next()
    context.res.headers.set('X-Request-Id', id)
    const ms = Math.max(0, clock.nowMs() - begunMs)
    writeLine(log, context, { requestId: id, client, ms, ...cut(trace.notes) })
  }
}

/** Adds to the line of a request; nothing where requests are not logged, as on the owner-only socket. */
export function noteOnRequest(context: Context, notes: RequestNotes): void {
  const trace = traces.get(context)
  if (trace !== undefined) trace.notes = { ...trace.notes, ...notes }
}

export function requestIdOf(context: Context): string | undefined {
  return traces.get(context)?.id
}

/** Whose tries are counted together; undefined where requests are not logged. */
export function clientOf(context: Context): string | undefined {
  const client = traces.get(context)?.client
  return client === undefined ? undefined : networkOf(client)
}

const ID_BYTES = 8
const GIVEN_ID = /^[A-Za-z0-9._-]{1,64}$/
const MAX_TEXT = 300

function writeLine(log: Log, context: Context, fields: LogFields): void {
  const { method } = context.req
  const { status } = context.res
  const line = { ...fields, method, path: pathOf(context), status }
  if (isRefusal({ method, status, code: fields['code'] })) log.event('request.refused', line, 'warn')
  else log.event('request', line, isRoutine(context, status) ? 'debug' : 'info')
}

/** A page or a file that is not there refuses nobody; what may not be seen is called unknown too, and does. */
function isRefusal(ended: { method: string; status: number; code: LogFields[string] }): boolean {
  const { method, status, code } = ended
  if (status < 400 || status >= 500) return false
  if (status === 401 || status === 403 || status === 421) return true
  return code !== undefined && (code === 'access.unknown-project' || !['GET', 'HEAD'].includes(method))
}

/** Probes, and runners that ask for a job when there is none. */
function isRoutine(context: Context, status: number): boolean {
  return (
    status < 400 &&
    (['/healthz', '/readyz', '/metrics'].includes(context.req.path) ||
      (status === 204 && context.req.path === '/api/v4/jobs/request'))
  )
}

/** As it was sent, percent-encoded, so that it is ASCII; without the query. */
function pathOf(context: Context): string {
  return new URL(context.req.url).pathname.slice(0, MAX_TEXT)
}

function cut(notes: RequestNotes): LogFields {
  const entries = Object.entries(notes) as [string, string | number | undefined][]
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, MAX_TEXT) : value]),
  )
}

/** Where an app is asked without a socket, nobody is the peer. */
export function peerOf(context: Context<{ Bindings: HttpBindings }>): string {
  const env = context.env as Partial<HttpBindings> | undefined
  return env?.incoming?.socket.remoteAddress ?? ''
}

function givenId(context: Context, peer: string, proxies: BlockList): string | undefined {
  const given = context.req.header('x-request-id')
  return given !== undefined && GIVEN_ID.test(given) && isProxy(peer, proxies) ? given : undefined
}
