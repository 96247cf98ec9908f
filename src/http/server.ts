import { getRequestListener, RequestError, type createAdaptorServer } from '@hono/node-server'
import { once } from 'node:events'
import {
  createServer as createPlainServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { systemReason } from '../base/index.ts'
import type { AtOnce } from './at-once.ts'
import { answerBare, refusalBody, refuse } from './bare-answers.ts'
import { Connections } from './connections.ts'
import { httpErrors } from './errors.ts'
import { CoalescingMessage } from './incoming.ts'

type Address = { readonly host: string; readonly port: number } | { readonly socketPath: string }

export type ListenOptions = Address & {
  /** HTTPS; left out, plain HTTP. */
  readonly tls?: TlsFiles
  readonly times?: Partial<ListenTimes>
  /** At once; the longest idle ends for the next. Each may need two descriptors, its own and that of a file. */
  readonly maxConnections?: number
}

/** PEM. */
export interface TlsFiles {
  readonly cert: Uint8Array
  readonly key: Uint8Array
}

/** How long a client may take; whoever takes longer is answered 408 and cut. */
export interface ListenTimes {
  readonly headersMs: number
  /** A whole request, a large upload over a slow line included. */
  readonly requestMs: number
  /** Nothing was received, and nothing of an answer was taken; such a connection is cut without an answer. */
  readonly stallMs: number
  /** How often it is looked at. */
  readonly checkMs: number
}

export const DEFAULT_TIMES: ListenTimes = {
  headersMs: 15_000,
  requestMs: 15 * 60_000,
  stallMs: 2 * 60_000,
  checkMs: 5_000,
}
const MAX_CONNECTIONS = 1_000
/** Beside those that are open: who comes, and those that are about to be cut for them. */
const MAX_BEGINNING = 16
const IDLE_POLL_MS = 50
const MAX_HEADERS = 100
/** Node's own default, stated because it is documented; more is answered 431. */
const MAX_HEADER_BYTES = 16 * 1024

export interface Listening {
  /** The port that was bound; 0 for a socket path. */
  readonly port: number
  /** For connections that come from now on. Only where the server was given TLS files at its start. */
  useTls(files: TlsFiles): void
  /** Stops accepting, lets requests under way finish for at most `drainMs`, then cuts what is left. */
  close(drainMs: number): Promise<void>
}

type Answer = Parameters<typeof createAdaptorServer>[0]['fetch']

/** A Hono app, or whatever stands in for it. */
export interface Answering {
  readonly fetch: Answer
  /** What need not be asked of `fetch`. Never waits; false leaves the request as it was. */
  readonly atOnce?: AtOnce
}

/** Throws `http.listen` when the address is taken or not this machine's. */
export async function listen(
  { fetch: answer, atOnce }: Answering,
  options: ListenOptions,
): Promise<Listening> {
  const state = { isClosing: false }
  const connections = new Connections(options.maxConnections ?? MAX_CONNECTIONS)
  const listener = connections.inTurn(
    listenerOf(guarded(answer, state)),
    (incoming, outgoing) =>
      !state.isClosing && !hasManyHeaders(incoming) && atOnce?.(incoming, outgoing) === true,
  )
  const server = createServer(listener, connections, options)
  const where = 'socketPath' in options ? options.socketPath : `${options.host}:${options.port}`
  try {
    server.listen(
      'socketPath' in options ? { path: options.socketPath } : { host: options.host, port: options.port },
    )
    await once(server, 'listening')
  } catch (cause) {
    throw httpErrors('http.listen', `${where}: ${systemReason(cause)}`, { cause, ...hintOf(cause) })
  }
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    useTls: (files) => useTls(server as TlsServer, files),
    close: async (drainMs) => {
      state.isClosing = true
      await close(server, connections, drainMs)
    },
  }
}

/** Throws `http.tls-fixed`: Bun 1.4.5 has no `setSecureContext`. */
function useTls(server: Partial<Pick<TlsServer, 'setSecureContext'>>, files: TlsFiles): void {
  if (server.setSecureContext === undefined)
    throw httpErrors(
      'http.tls-fixed',
      'what runs this server cannot change the certificate of a server that runs',
    )
  server.setSecureContext(secured(files))
}

/** Where it is not that something else uses the address. */
function hintOf(cause: unknown): { readonly hint?: string } {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EACCES')
    return {
      hint: 'give --listen a port above 1023, with a proxy in front of it, or give this user the right to the port',
    }
  if (code === 'EADDRNOTAVAIL') return { hint: 'give --listen an address of this machine' }
  return {}
}

function createServer(listener: RequestListener, connections: Connections, options: ListenOptions): Server {
  const { tls, maxConnections = MAX_CONNECTIONS } = options
  const server =
    tls === undefined
      ? createPlainServer(limitsOf(options), listener)
      : createTlsServer({ ...limitsOf(options), ...secured(tls) }, listener)
  // Beyond its own count Node drops headers in silence: one more is let through, so that it can be seen and refused.
  server.maxHeadersCount = MAX_HEADERS + 1
  server.maxConnections = maxConnections + MAX_BEGINNING
  server.timeout = { ...DEFAULT_TIMES, ...options.times }.stallMs
  if (tls === undefined) connections.watch(server)
  else connections.watchTls(server)
  answerBare(server, (socket) => connections.currentOf(socket))
  return server
}

function limitsOf({ times }: ListenOptions) {
  const { headersMs, requestMs, checkMs } = { ...DEFAULT_TIMES, ...times }
  return {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    handshakeTimeout: headersMs,
    connectionsCheckingInterval: checkMs,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Refused below, with a reason.
    requireHostHeader: false,
    IncomingMessage: CoalescingMessage,
  }
}

function listenerOf(answer: Answer) {
  const listener = getRequestListener(answer, {
    errorHandler: (error) =>
      error instanceof RequestError
        ? bodyResponse(400, 'the request target is not a path, or the Host header is not a host')
        : bodyResponse(500, 'an internal error'),
  })
  return async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    if (incoming.headers.host === undefined) refuse(outgoing, 400, 'the request has no Host header')
    else await listener(incoming, outgoing)
  }
}

function bodyResponse(status: number, sentence?: string): Response {
  const headers = { 'Content-Type': 'application/json' }
  return new Response(refusalBody(status, sentence), { status, headers })
}

function secured({ cert, key }: TlsFiles) {
  return { cert: Buffer.from(cert), key: Buffer.from(key), minVersion: 'TLSv1.2' } as const
}

/** Refuses what has too many headers; while the server closes, tells clients not to send more on this connection. */
function guarded(answer: Answer, state: { readonly isClosing: boolean }): Answer {
  return (request, env) => {
    // `HttpBindings` of a server that speaks no HTTP/2.
    if (hasManyHeaders(env.incoming as IncomingMessage)) return bodyResponse(431)
    if (state.isClosing) (env.outgoing as { shouldKeepAlive?: boolean }).shouldKeepAlive = false
    return answer(request, env)
  }
}

function hasManyHeaders({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.length > 2 * MAX_HEADERS
}

async function close(server: Server, connections: Connections, drainMs: number): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  // A connection whose answer ends now becomes idle, and Node would keep it open.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_POLL_MS)
  const cut = AbortSignal.timeout(drainMs)
  cut.addEventListener('abort', () => connections.cutAll())
  await closed.finally(() => clearInterval(idle))
}
