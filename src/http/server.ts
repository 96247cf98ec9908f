import { createAdaptorServer } from '@hono/node-server'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { describeError } from '../base/index.ts'
import { httpErrors } from './errors.ts'

export type ListenOptions = { readonly host: string; readonly port: number } | { readonly socketPath: string }

export interface Listening {
  /** The port that was bound; 0 for a socket path. */
  readonly port: number
  /** Stops accepting, lets requests under way finish for at most `drainMs`, then cuts what is left. */
  close(drainMs: number): Promise<void>
}

const HEADERS_TIMEOUT_MS = 15_000
/** A whole request, a large upload over a slow line included. */
const REQUEST_TIMEOUT_MS = 15 * 60_000
const MAX_HEADERS = 100

/** A Hono app, or whatever stands in for it. */
export interface Answering {
  readonly fetch: Parameters<typeof createAdaptorServer>[0]['fetch']
}

/** Throws `http.listen` when the address is taken or not this machine's. */
export async function listen({ fetch: answer }: Answering, options: ListenOptions): Promise<Listening> {
  const server = createAdaptorServer({
    fetch: answer,
    serverOptions: { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
  }) as Server
  server.maxHeadersCount = MAX_HEADERS
  const where = 'socketPath' in options ? options.socketPath : `${options.host}:${options.port}`
  try {
    server.listen('socketPath' in options ? { path: options.socketPath } : options)
    await once(server, 'listening')
  } catch (cause) {
    throw httpErrors('http.listen', `${where}: ${describeError(cause)}`, { cause })
  }
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    close: (drainMs) => close(server, drainMs),
  }
}

async function close(server: Server, drainMs: number): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const cut = AbortSignal.timeout(drainMs)
  cut.addEventListener('abort', () => server.closeAllConnections())
  await closed
}
