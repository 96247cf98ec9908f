import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Log } from '../base/index.ts'
import { systemClock, systemEntropy } from '../host/index.ts'
import { createApp, healthRoutes, listen, type App, type Listening } from '../http/index.ts'
import { openDataDirectory, type DataDirectory, type Instance } from './data-directory.ts'
import { appErrors } from './errors.ts'
import { firstStart } from './first-start.ts'
import {
  addressOf,
  DEFAULT_LISTEN,
  externalUrl,
  parseListenAddress,
  type ListenAddress,
} from './listen-address.ts'
import { adminSocketPath } from './paths.ts'
import { openServices, type Services } from './services.ts'
import { adminApp, publicRoutes } from './routes.ts'

export interface ServerOptions {
  readonly data: string
  /** `HOST:PORT`; left out, the address of the first start, else 127.0.0.1:7711. */
  readonly listen?: string
  readonly log: Log
}

export interface RunningServer {
  readonly url: string
  readonly data: string
  readonly services: Services
  /** Answers what is under way, then frees the directory. */
  close(): Promise<void>
}

const DRAIN_MS = 2_000
const LOCK_PATIENCE_MS = 3_000

/** Throws what `openDataDirectory` throws, `app.url-fixed`, `app.socket-path`, `http.listen`. */
export async function startServer({ data, listen: wanted, log }: ServerOptions): Promise<RunningServer> {
  const socketPath = adminSocketPath(data)
  const undo: (() => void | Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    const directory = await openDataDirectory(data, { patienceMs: LOCK_PATIENCE_MS })
    undo.push(() => directory.release())
    const door = await openDoor(directory, wanted)
    undo.push(() => door.listening.close(DRAIN_MS))
    const instance = directory.instance ?? (await firstStart(directory, door.url))
    const services = await openServices(directory, instance, {
      clock: systemClock,
      entropy: systemEntropy,
      log,
    })
    // Below the door: what is under way is answered before its database closes.
    undo.splice(1, 0, () => services.close())
    const hosts = [new URL(door.url).host]
    door.open(
      createApp({
        hosts,
        log,
        routes: [healthRoutes(() => services.trust.isReady()), ...publicRoutes(services, log)],
      }),
    )
    // Last, so that whoever reaches the socket reaches the port too.
    const admin = await openAdminSocket(socketPath, services, log)
    undo.push(() => admin.close(DRAIN_MS))
    log.event('server.ready', { url: door.url })
    return { url: door.url, data, services, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface Door {
  readonly url: string
  readonly listening: Listening
  /** Until then every request is answered 503. */
  open(app: App): void
}

/** The port is bound before anything is made, because a first start with port 0 fixes its URL from it. */
async function openDoor({ instance }: DataDirectory, wanted: string | undefined): Promise<Door> {
  const address = chooseAddress(instance, wanted)
  let app: App | undefined
  const listening = await listen(
    { fetch: (request, env) => app?.fetch(request, env) ?? new Response('starting\n', { status: 503 }) },
    { host: address.host.replaceAll(/[[\]]/g, ''), port: address.port },
  )
  return {
    url: externalUrl({ host: address.host, port: listening.port }),
    listening,
    open: (opened) => {
      app = opened
    },
  }
}

function chooseAddress(instance: Instance | undefined, wanted: string | undefined): ListenAddress {
  if (instance === undefined) return parseListenAddress(wanted ?? DEFAULT_LISTEN)
  const fixed = addressOf(instance.url)
  const asked = wanted === undefined ? fixed : parseListenAddress(wanted)
  // Port 0 was chosen at the first start and stays chosen.
  const url = externalUrl(asked.port === 0 ? { ...asked, port: fixed.port } : asked)
  if (url === instance.url) return fixed
  throw appErrors('app.url-fixed', `--listen means ${url}, and this directory is ${instance.url}`)
}

/** Its folder is the owner's only, and so is what lies in it. */
async function openAdminSocket(socketPath: string, services: Services, log: Log): Promise<Listening> {
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 })
  await rm(socketPath, { force: true })
  return listen(adminApp(services, log), { socketPath })
}
