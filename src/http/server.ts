import { createAdaptorServer } from '@hono/node-server'
import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { describeError } from '../base/index.ts'
import { httpErrors } from './errors.ts'

type Address = { readonly host: string; readonly port: number } | { readonly socketPath: string }

export type ListenOptions = Address & {
  /** HTTPS; left out, plain HTTP. */
  readonly tls?: TlsFiles
  readonly times?: Partial<ListenTimes>
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
  /** How often it is looked at. */
  readonly checkMs: number
}

const TIMES: ListenTimes = { headersMs: 15_000, requestMs: 15 * 60_000, checkMs: 5_000 }
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
}

/** Throws `http.listen` when the address is taken or not this machine's. */
export async function listen({ fetch: answer }: Answering, options: ListenOptions): Promise<Listening> {
  const state = { isClosing: false }
  const server = createServer(guarded(answer, state), options)
  const where = 'socketPath' in options ? options.socketPath : `${options.host}:${options.port}`
  try {
    server.listen(
      'socketPath' in options ? { path: options.socketPath } : { host: options.host, port: options.port },
    )
    await once(server, 'listening')
  } catch (cause) {
    throw httpErrors('http.listen', `${where}: ${describeError(cause)}`, { cause })
  }
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    useTls: (files) => (server as TlsServer).setSecureContext(secured(files)),
    close: async (drainMs) => {
      state.isClosing = true
      await close(server, drainMs)
    },
  }
}

function createServer(answer: Answer, { tls, times }: ListenOptions): Server {
  const { headersMs, requestMs, checkMs } = { ...TIMES, ...times }
  const limits = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: checkMs,
    maxHeaderSize: MAX_HEADER_BYTES,
  }
  const server =
    tls === undefined
      ? createAdaptorServer({ fetch: answer, serverOptions: limits })
      : createAdaptorServer({
          fetch: answer,
          createServer: createTlsServer,
          serverOptions: { ...limits, ...secured(tls), handshakeTimeout: headersMs },
        })
  // Beyond its own count Node drops headers in silence: one more is let through, so that it can be seen and refused.
  ;(server as Server).maxHeadersCount = MAX_HEADERS + 1
  return server as Server
}

function secured({ cert, key }: TlsFiles) {
  return { cert: Buffer.from(cert), key: Buffer.from(key), minVersion: 'TLSv1.2' } as const
}

/** Refuses what has too many headers; while the server closes, tells clients not to send more on this connection. */
function guarded(answer: Answer, state: { readonly isClosing: boolean }): Answer {
  return (request, env) => {
    // `HttpBindings` of a server that speaks no HTTP/2.
    const { rawHeaders } = env.incoming as IncomingMessage
    if (rawHeaders.length > 2 * MAX_HEADERS)
      return Response.json({ message: '431 Request Header Fields Too Large' }, { status: 431 })
    if (state.isClosing) (env.outgoing as { shouldKeepAlive?: boolean }).shouldKeepAlive = false
    return answer(request, env)
  }
}

async function close(server: Server, drainMs: number): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  // A connection whose answer ends now becomes idle, and Node would keep it open.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_POLL_MS)
  const cut = AbortSignal.timeout(drainMs)
  cut.addEventListener('abort', () => server.closeAllConnections())
  await closed.finally(() => clearInterval(idle))
}
