import type { Clock, Log } from '../../base/index.ts'
import { maxDescriptors } from '../../host/index.ts'
import { atOnceOf, listen, sayInStatusLine, type App, type Listening } from '../../http/index.ts'
import type { Instance } from '../data/data-directory.ts'
import { choosePlace, urlOf, type Asked, type ListenAddress } from './listen-address.ts'
import { readTlsFiles, type TlsPaths } from './tls.ts'

export interface ListenerOptions extends Omit<Asked, 'isTls'> {
  readonly tls?: TlsPaths | undefined
  readonly clock: Clock
  readonly log: Log
}

export interface Listener {
  readonly url: string
  /** What is listened on; with the port that was chosen. */
  readonly address: ListenAddress
  readonly listening: Listening
  /** Until then every request is answered 503. */
  open(app: App): void
  /** Reads certificate and key again; files that are not good change nothing, and the log has why. */
  reloadTls(): Promise<void>
}

/** For files, the database, both logs and the admin socket. */
const OTHER_DESCRIPTORS = 64
const MAX_CONNECTIONS = 1_000

/** Each connection may have a file open. */
export function maxConnections(descriptors = Infinity): number {
  return Math.min(MAX_CONNECTIONS, Math.max(1, Math.floor((descriptors - OTHER_DESCRIPTORS) / 2)))
}

/** The port is bound before anything is made, because a first start with port 0 fixes its URL from it. */
export async function openListener(
  instance: Instance | undefined,
  options: ListenerOptions,
): Promise<Listener> {
  const isTls = options.tls !== undefined
  const place = choosePlace(instance, { ...options, isTls })
  let app: App | undefined
  let atOnce: ReturnType<typeof atOnceOf>
  const { host, port } = place.listen
  const listening = await listen(
    {
      fetch: (request, env) => app?.fetch(request, env) ?? starting(env),
      atOnce: (incoming, outgoing) => atOnce?.(incoming, outgoing) === true,
    },
    {
      host: host.replaceAll(/[[\]]/g, ''),
      port,
      maxConnections: maxConnections(maxDescriptors()),
      ...(options.tls === undefined ? {} : { tls: await readTlsFiles(options.tls, options.clock) }),
    },
  )
  const address = { host, port: listening.port }
  return {
    url: place.url ?? urlOf(address, { isTls }),
    address,
    listening,
    open: (opened) => {
      app = opened
      atOnce = atOnceOf(opened)
    },
    reloadTls: () => reloadTls(listening, options),
  }
}

/** As `/readyz` answers where something else is wrong. */
function starting(env: Parameters<typeof sayInStatusLine>[0]): Response {
  sayInStatusLine(env, 'the server is starting; try again in a second')
  const body = { message: '503 Service Unavailable - starting', ready: false, reasons: ['starting'] }
  return Response.json(body, { status: 503, headers: { 'Retry-After': '1' } })
}

async function reloadTls(listening: Listening, { tls, clock, log }: ListenerOptions): Promise<void> {
  if (tls === undefined) return
  try {
    listening.useTls(await readTlsFiles(tls, clock))
    log.event('tls.reloaded', { cert: tls.cert })
  } catch (error) {
    log.failure('tls.reload', error, { cert: tls.cert })
  }
}
