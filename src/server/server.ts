import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { utf8, type Clock, type Log } from '../base/index.ts'
import { steadyMs, systemClock, systemEntropy } from '../host/index.ts'
import { healthRoutes, listen, measured, type App, type AppParts, type Listening } from '../http/index.ts'
import { watchClock } from './health/clock-watch.ts'
import { openDataDirectory } from './data/data-directory.ts'
import { refuseBorrowedName, refuseUsedFolder } from './borrowed-name.ts'
import { openListener, type Listener } from './listen/listener.ts'
import { watchExpiries } from './health/expiries.ts'
import { firstStart } from './data/first-start.ts'
import { openConfiguration } from './configuration/issuers.ts'
import { addressText, hostNames, type ListenAddress } from './listen/listen-address.ts'
import { adminSocketPath } from './data/paths.ts'
import {
  freeBytesOf,
  MIN_FREE_BYTES,
  unreadiness,
  warnings,
  type ReadinessParts,
} from './health/readiness.ts'
import { adminApp, publicApp } from './routes.ts'
import { openServices, type Services } from './services.ts'
import type { TlsPaths } from './listen/tls.ts'
import { createReserve } from '../storage/folder/index.ts'
import { fingerprintOf } from '../formats/tuf/index.ts'

export interface ServerOptions {
  readonly data: string
  /** `HOST:PORT`; left out, the address of the first start, else 127.0.0.1:7711. */
  readonly listen?: string | undefined
  /** What clients call, where it does not follow from `listen`; fixed at the first start. */
  readonly externalUrl?: string | undefined
  /** Names that are answered beside the host of the external URL. */
  readonly hosts?: readonly string[]
  readonly tls?: TlsPaths | undefined
  /** The configuration file; left out, `wheelseal.toml` of the data directory where there is one. */
  readonly config?: string | undefined
  /** Where the newest heads of the logs are kept; left out for the user's state folder. */
  readonly anchor?: string | undefined
  readonly clock?: Clock
  /** A clock that nobody sets, which shows when the other one was set; left out, that of the system. */
  readonly steadyMs?: () => number
  /** On the disk of the data directory; left out, what the system says. */
  readonly freeBytes?: () => Promise<number>
  /** Of one push, as it is sent; left out, 2 GiB. */
  readonly maxPushBytes?: number
  readonly log: Log
}

export interface RunningServer {
  readonly url: string
  /** What is listened on, which the URL need not lead to. */
  readonly address: ListenAddress
  readonly data: string
  /** `sha256:HEX` of the TUF root, by which another machine knows whom it fetches. */
  readonly fingerprint: string
  /** Why it is not ready, in words; nothing where it is. */
  readonly reasons: readonly string[]
  readonly services: Services
  /** Of its gates. */
  readonly gates: readonly string[]
  /** Certificate and key are read again for new connections, and the policies of gates. */
  reload(): Promise<void>
  /** Answers what is under way, then frees the directory. */
  close(): Promise<void>
}

const DRAIN_MS = 2_000
const LOCK_PATIENCE_MS = 3_000
/** On the admin socket, which only the owner reaches: a script may run many commands at once, and some wait long. */
const MAX_COMMANDS = 128

/**
 * Throws what `openDataDirectory` throws, `server.configuration`, `server.url-fixed`, `server.listen-address`, `server.external-url`, `server.host`,
 * `server.tls-certificate`, `server.tls-key`, `server.socket-path`, `server.borrowed-name`, `verify.policy-file`, `http.listen`.
 */
export function startServer(options: ServerOptions): Promise<RunningServer> {
  return start(options, refuseBorrowedName)
}

export interface RehearsalServerOptions extends Pick<ServerOptions, 'data' | 'anchor' | 'log'> {
  /** The real host in whose name the services speak, inside of one rehearsal. */
  readonly externalUrl: string
}

/**
 * The services of one rehearsal, which speak in the name of a host that is not theirs: on a port of the loopback that the
 * system chooses, with keys that nobody has seen before. The directory must be new, and goes with the rehearsal: no
 * other start opens it. Throws as `startServer`, and `server.rehearsal-data`.
 */
export async function startRehearsalServer(options: RehearsalServerOptions): Promise<RunningServer> {
  await refuseUsedFolder(options.data)
  return start({ ...options, listen: '127.0.0.1:0', hosts: ['127.0.0.1'] }, () => undefined)
}

async function start(options: ServerOptions, judgeUrl: (url: string) => void): Promise<RunningServer> {
  const undo: Undo[] = []
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    return { ...(await open(options, undo, judgeUrl)), close }
  } catch (error) {
    await close()
    throw error
  }
}

type Undo = () => void | Promise<void>

/** Each step leaves in `undo` how it is taken back. */
async function open(
  options: ServerOptions,
  undo: Undo[],
  judgeUrl: (url: string) => void,
): Promise<Omit<RunningServer, 'close'>> {
  const { data, log, clock = systemClock } = options
  const socketPath = adminSocketPath(data)
  const configured = await openConfiguration(options)
  const directory = await openDataDirectory(data, { patienceMs: LOCK_PATIENCE_MS })
  undo.push(() => directory.release())
  const listener = await openListener(directory.instance, { ...options, clock })
  const { url, address } = listener
  const listening: Listening[] = [listener.listening]
  undo.push(() => closeAll(listening))
  judgeUrl(url)
  const hosts = hostNames(url, options.hosts ?? [], address.port)
  const elsewhere = options.externalUrl === undefined ? {} : { listen: addressText(address) }
  const instance = directory.instance ?? (await firstStart(directory, { url, ...elsewhere }))
  const freeBytes = options.freeBytes ?? (() => freeBytesOf(data))
  const services = await openServices(directory, instance, {
    ...portsOf(options, configured),
    reserve: createReserve({ freeBytes, reserveBytes: MIN_FREE_BYTES }),
  })
  // Listed below the listener: what is under way is answered before its database closes.
  undo.splice(1, 0, () => services.close())
  // Before anybody is answered: no runner of before may go on.
  await services.pipelines.recover()
  const readiness = { trust: services.trust, gates: services.gates, clock, freeBytes }
  const measure = measured(services.metrics, clock)
  const requests = { clock, entropy: systemEntropy, proxies: configured.proxies }
  const { stored, maxEntryBytes } = { ...configured, stored: storedLocationOf(configured) }
  const health = healthOf(readiness)
  listener.open(publicApp(services, { hosts, log, measure, requests, health, maxEntryBytes, stored }))
  // Last, so that whoever reaches the socket reaches the port too.
  listening.push(await openAdminSocket(socketPath, services, log))
  const reasons = await sayState(readiness, { url, log }, undo)
  undo.push(beginWork(services, configured))
  const fingerprint = fingerprintOf(utf8(services.trust.material.tufRoot))
  return { url, address, data, fingerprint, reasons, services, ...gatesOf(services, listener) }
}

function gatesOf({ gates }: Services, listener: Listener): Pick<RunningServer, 'gates' | 'reload'> {
  return {
    gates: gates.gates.map(({ gate }) => gate.name),
    reload: async () => {
      await gates.reload()
      await listener.reloadTls()
    },
  }
}

type Configured = Awaited<ReturnType<typeof openConfiguration>>

function portsOf(
  options: ServerOptions,
  { issuers, rekorKeys, seals, gates }: Configured,
): Omit<Parameters<typeof openServices>[2], 'reserve'> {
  const { clock = systemClock, log, anchor, maxPushBytes } = options
  const watch = watchClock({ clock, steadyMs: steadyFor(options), log })
  return {
    clock,
    watch,
    entropy: systemEntropy,
    log,
    foreign: issuers,
    rekorKeys,
    seals,
    gates,
    anchor,
    maxPushBytes,
  }
}

/** Undefined where no proxy may be told to send files itself. */
function storedLocationOf({ xAccelLocation: location, proxies }: Configured): AppParts['stored'] {
  return location === undefined || proxies === undefined ? undefined : { location, proxies }
}

/** What goes on beside requests. */
function beginWork({ seals }: Services, configured: Configured): Undo {
  seals.start()
  void configured.warmUp()
  return () => configured.close()
}

function healthOf(readiness: ReadinessParts): App {
  return healthRoutes(
    () => unreadiness(readiness),
    () => warnings(readiness),
  )
}

/** Whether it is ready goes into the log, and from then on daily what will end that. Gives what it is not ready for. */
async function sayState(
  readiness: ReadinessParts,
  { url, log }: { readonly url: string; readonly log: Log },
  undo: Undo[],
): Promise<readonly string[]> {
  const reasons = await unreadiness(readiness)
  for (const reason of reasons) log.failure('server.not-ready', new Error(reason), { url })
  if (reasons.length === 0) log.event('server.ready', { url })
  const closing = new AbortController()
  undo.push(() => closing.abort())
  // By the day of real time, whatever the clock says.
  const daily = { ...systemClock, nowMs: () => readiness.clock.nowMs() }
  void watchExpiries(readiness.trust, { clock: daily, log }, closing.signal)
  return reasons
}

/** A clock that was handed in is as steady as whoever moves it. */
function steadyFor({ clock, steadyMs: given }: ServerOptions): () => number {
  if (given !== undefined) return given
  return clock === undefined ? steadyMs : () => clock.nowMs()
}

/** At once, so that all of it takes no longer than one drain. */
async function closeAll(listening: readonly Listening[]): Promise<void> {
  await Promise.all(listening.map((one) => one.close(DRAIN_MS)))
}

/** Its folder is the owner's only, and so is what lies in it. */
async function openAdminSocket(socketPath: string, services: Services, log: Log): Promise<Listening> {
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 })
  await rm(socketPath, { force: true })
  return listen(adminApp(services, log), { socketPath, maxConnections: MAX_COMMANDS, times: { stallMs: 0 } })
}
