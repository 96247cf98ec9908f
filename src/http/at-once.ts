import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Hono } from 'hono'
import { ownHosts, type Hosts } from './own-hosts.ts'
import type { Measure } from './metrics-routes.ts'
import { beginTrace, writeLine, type RequestLogParts } from './request-log.ts'
import type { Bindings } from './route.ts'

/** An answer that is in memory. */
export interface AnswerNow {
  /** The pattern of the route that would have answered the same. */
  readonly route: string
  readonly status: 200 | 304
  readonly headers: Readonly<Record<string, string>>
  /** Null for a 304. Never written to. */
  readonly body: Uint8Array | null
}

/**
 * Looks for the answer to a GET with these headers without any wait; `path` is what was sent. Undefined leaves the
 * request to its route, which answers the same bytes and headers, and everything else.
 */
export type FindNow = (path: string, headers: IncomingHttpHeaders) => AnswerNow | undefined

/** Answers a request at once, or leaves it as it was. */
export type AtOnce = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean

export interface AtOnceParts extends Hosts {
  readonly requests: RequestLogParts
  readonly measure: Measure | undefined
  readonly finds: readonly FindNow[]
}

const found = new WeakMap<object, FindNow>()

/** Gives routes that anyone may ask a way around Hono, whose requests and responses cost more than a page in memory. */
export function findsNow(routes: Hono<Bindings>, find: FindNow): void {
  found.set(routes, find)
}

export function findOf(routes: Hono<Bindings>): FindNow | undefined {
  return found.get(routes)
}

/** Everything else that stands before a route stands before these answers: the names of the host, the line in the log, the metrics. */
export function answeringAtOnce({ hosts, requests, measure, finds }: AtOnceParts): AtOnce {
  return (incoming, outgoing) => {
    const { method, url = '', headers } = incoming
    if (method !== 'GET' || !isPlain(incoming) || !ownHosts(hosts, headers.host, url)) return false
    const begunMs = requests.clock.nowMs()
    const answer = findFirst(finds, url, headers)
    if (answer === undefined) return false
    const traced = beginTrace(requests, incoming.socket.remoteAddress ?? '', (name) => one(headers[name]))
    send(outgoing, answer, traced.id)
    const { status, route } = answer
    const ms = Math.max(0, requests.clock.nowMs() - begunMs)
    measure?.seen({ method, route, status, ms })
    writeLine(requests.log, { method, path: url, status }, { ...traced, ms })
    return true
  }
}

function one(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined
}

/** No body, and each header that names a host once: Node drops the second. */
function isPlain({ headers, rawHeaders }: IncomingMessage): boolean {
  if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) return false
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  return hosts === 1
}

/** What fails here fails on its route, where it is answered. */
function findFirst(
  finds: readonly FindNow[],
  path: string,
  headers: IncomingHttpHeaders,
): AnswerNow | undefined {
  try {
    for (const find of finds) {
      const answer = find(path, headers)
      if (answer !== undefined) return answer
    }
  } catch {
    return undefined
  }
  return undefined
}

function send(outgoing: ServerResponse, { status, headers, body }: AnswerNow, id: string): void {
  const own = { ...headers, 'X-Content-Type-Options': 'nosniff', 'X-Request-Id': id }
  if (body === null) {
    outgoing.writeHead(status, own).end()
    return
  }
  outgoing.writeHead(status, { ...own, 'Content-Length': body.length })
  const text = textOf(body)
  if (text === undefined) outgoing.end(body)
  else outgoing.end(text, 'latin1')
}

/** Up to here Node sends headers and body as one text faster than as two buffers. */
const MAX_TEXT_BYTES = 32 * 1024
const texts = new WeakMap<Uint8Array, string>()

function textOf(body: Uint8Array): string | undefined {
  if (body.length > MAX_TEXT_BYTES) return undefined
  const kept = texts.get(body)
  if (kept !== undefined) return kept
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1')
  texts.set(body, text)
  return text
}
