import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import type { BlockList } from 'node:net'
import { encodeHex, type Clock, type Entropy, type Log, type LogFields } from '../base/index.ts'
import { clientAddress, isProxy, networkOf, plainAddress } from './client-address.ts'

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

interface Traced {
  readonly id: string
  /** The address of the client, as far as the proxies of the configuration are believed. */
  readonly client: string
}

interface Trace extends Traced {
  notes: RequestNotes
}

const traces = new WeakMap<Context, Trace>()

/**
 * One line for each request: who asked for what, and how it ended. A refusal is a line `request.refused` of the level
 * `warn`, anything else `request` of the level `info`, or `debug` where a machine asks every few seconds. Its id goes to
 * the client too, in `X-Request-Id` and in the body of an error. No line has a query, a header, a body or a secret.
 */
export function requestLog(parts: RequestLogParts): MiddlewareHandler<{ Bindings: HttpBindings }> {
  const { log, clock } = parts
  return async (context, next) => {
    const begunMs = clock.nowMs()
    const header = (name: string): string | undefined => context.req.header(name)
    const traced = beginTrace(parts, peerOf(context), header)
    const trace: Trace = { ...traced, notes: {} }
    traces.set(context, trace)
    await next()
    context.res.headers.set('X-Request-Id', trace.id)
    const { method, path } = context.req
    const ended = { method, path: pathOf(context), status: context.res.status }
    const ms = Math.max(0, clock.nowMs() - begunMs)
    writeLine(
      log,
      { ...ended, isRoutine: isRoutine(path, ended.status) },
      { ...traced, ms, ...cut(trace.notes) },
    )
  }
}

/** Who asks, and the id of the request. `peer` is the address of the connection. */
export function beginTrace(
  { entropy, proxies }: RequestLogParts,
  peer: string,
  header: (name: string) => string | undefined,
): Traced {
  if (proxies === undefined) return { id: newId(entropy), client: plainAddress(peer) }
  const id = givenId(header('x-request-id'), peer, proxies) ?? newId(entropy)
  return { id, client: clientAddress(peer, header('x-forwarded-for') ?? '', proxies) }
}

const pools = new WeakMap<Entropy, { readonly hex: string; at: number }>()

/** Of entropy that is asked for many ids at once: a call of the system for each costs as much as a small page. */
function newId(entropy: Entropy): string {
  let pool = pools.get(entropy)
  if (pool === undefined || pool.at === pool.hex.length) {
    pool = { hex: encodeHex(entropy.bytes(ID_BYTES * IDS_AT_ONCE)), at: 0 }
    pools.set(entropy, pool)
  }
  pool.at += 2 * ID_BYTES
  return pool.hex.slice(pool.at - 2 * ID_BYTES, pool.at)
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
const IDS_AT_ONCE = 256
const GIVEN_ID = /^[A-Za-z0-9._-]{1,64}$/
const MAX_TEXT = 300

interface Ended {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly status: number
  /** What a machine asks every few seconds. */
  readonly isRoutine?: boolean
}

/** The one line of a request. */
export function writeLine(
  log: Log,
  { method, path, status, isRoutine: isQuiet = false }: Ended,
  { id: requestId, ...fields }: Traced & LogFields,
): void {
  const line: LogFields = { requestId, ...fields, method, path: path.slice(0, MAX_TEXT), status }
  if (isRefusal({ method, status, code: line['code'] })) log.event('request.refused', line, 'warn')
  else log.event('request', line, isQuiet ? 'debug' : 'info')
}

/** A page or a file that is not there refuses nobody; what may not be seen is called unknown too, and does. */
function isRefusal(ended: { method: string; status: number; code: LogFields[string] }): boolean {
  const { method, status, code } = ended
  if (status < 400 || status >= 500) return false
  if (status === 401 || status === 403 || status === 421) return true
  return code !== undefined && (code === 'access.unknown-project' || !['GET', 'HEAD'].includes(method))
}

/** Probes, and runners that ask for a job when there is none. */
function isRoutine(path: string, status: number): boolean {
  return (
    status < 400 &&
    (['/healthz', '/readyz', '/metrics'].includes(path) ||
      (status === 204 && path === '/api/v4/jobs/request'))
  )
}

/** As it was sent, percent-encoded, so that it is ASCII; without the query. */
function pathOf(context: Context): string {
  return new URL(context.req.url).pathname
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

function givenId(given: string | undefined, peer: string, proxies: BlockList): string | undefined {
  return given !== undefined && GIVEN_ID.test(given) && isProxy(peer, proxies) ? given : undefined
}
