import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder, steadyMs, systemClock, systemEntropy, systemFiles } from '../../host/index.ts'
import {
  anyone,
  createApp,
  gateAdminRoutes,
  gateRoutes,
  healthRoutes,
  listen,
  type Listening,
} from '../../http/index.ts'
import type { Clock, Log } from '../../base/index.ts'
import { createHttp } from '../../net/index.ts'
import { createReserve } from '../../storage/folder/index.ts'
import { migrations } from '../../storage/sql/index.ts'
import { gateHomeRoutes, gatePages, gateWebRoutes } from '../../web/index.ts'
import { lockDirectory, openDatabase } from '../../storage/sqlite/index.ts'
import { adminSocketPath, databasePath, gateFolder } from '../data/paths.ts'
import { watchClock } from '../health/clock-watch.ts'
import { freeBytesOf, MIN_FREE_BYTES } from '../health/readiness.ts'
import { hostNames } from '../listen/listen-address.ts'
import { openListener } from '../listen/listener.ts'
import type { TlsPaths } from '../listen/tls.ts'
import type { GateConfiguration } from './configuration.ts'
import { openGates, type OpenGates } from './open-gates.ts'

export interface GateServerOptions {
  /** Made where it is missing; of this server alone. */
  readonly data: string
  readonly gates: readonly GateConfiguration[]
  /** `HOST:PORT`; left out, 127.0.0.1:7712. */
  readonly listen?: string | undefined
  readonly externalUrl?: string | undefined
  readonly hosts?: readonly string[]
  readonly tls?: TlsPaths | undefined
  readonly clock?: Clock
  readonly log: Log
}

export interface RunningGateServer {
  readonly url: string
  /** Reads policies and certificate again. */
  reload(): Promise<void>
  close(): Promise<void>
}

const DEFAULT_LISTEN = '127.0.0.1:7712'
const DRAIN_MS = 2_000

/**
 * Gates alone: no Sigstore, no registry, no pipelines. Throws `storage.locked`, `server.configuration`,
 * `verify.policy-file`, `server.listen-address`, `server.external-url`, `server.tls-certificate`, `http.listen`.
 */
export async function startGateServer(options: GateServerOptions): Promise<RunningGateServer> {
  const undo: Undo = []
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    return { ...(await open(options, undo)), close }
  } catch (error) {
    await close()
    throw error
  }
}

type Undo = (() => void | Promise<void>)[]

/** Each step leaves in `undo` how it is taken back; what is under way is answered before the database closes. */
async function open(options: GateServerOptions, undo: Undo): Promise<Omit<RunningGateServer, 'close'>> {
  const { data, log, clock = systemClock } = options
  await makeFolder(data)
  const lock = lockDirectory(data)
  undo.push(() => lock.release())
  const asked = { ...options, listen: options.listen ?? DEFAULT_LISTEN, clock }
  const listener = await openListener(undefined, asked)
  const listening: Listening[] = [listener.listening]
  undo.push(async () => {
    await Promise.all(listening.map((one) => one.close(DRAIN_MS)))
  })
  const { url, address } = listener
  const gates = await gatesOn(options, { url, clock, undo })
  const served = gates.gates.map(({ gate }) => ({ gate, readers: anyone }))
  const app = createApp({
    hosts: hostNames(url, options.hosts ?? [], address.port),
    log,
    requests: { clock, entropy: systemEntropy },
    routes: [
      healthRoutes(() => [], gates.warnings),
      gateRoutes({ gates: served, pages: gatePages, log }),
      gateWebRoutes({ gates: served, clock, log }),
      gateHomeRoutes({ gates: served, log }),
    ],
  })
  listener.open(app)
  const admin = healthRoutes(() => [])
  admin.route('/', gateAdminRoutes({ gates: gates.gates.map(({ gate }) => gate), clock, log }))
  listening.push(await openSocket(data, admin))
  return {
    url,
    reload: async () => {
      await gates.reload()
      await listener.reloadTls()
    },
  }
}

interface On {
  readonly url: string
  readonly clock: Clock
  readonly undo: Undo
}

async function gatesOn(
  { data, gates, log }: GateServerOptions,
  { url, clock, undo }: On,
): Promise<OpenGates> {
  const database = await openDatabase(databasePath(data), migrations)
  undo.splice(1, 0, () => database.destroy())
  // A clock that was handed in is as steady as whoever moves it.
  const steady = clock === systemClock ? steadyMs : () => clock.nowMs()
  const watch = watchClock({ clock, steadyMs: steady, log })
  const opened = await openGates(gates, {
    database,
    folder: gateFolder(data),
    externalUrl: url,
    http: createHttp({ env: process.env, files: systemFiles }),
    files: systemFiles,
    clock,
    log,
    reserve: createReserve({ freeBytes: () => freeBytesOf(data), reserveBytes: MIN_FREE_BYTES }),
    clockFact: () => watch.doubt() ?? null,
    own: undefined,
  })
  undo.splice(2, 0, () => opened.close())
  return opened
}

async function openSocket(data: string, app: Parameters<typeof listen>[0]): Promise<Listening> {
  const socketPath = adminSocketPath(data)
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 })
  await rm(socketPath, { force: true })
  return listen(app, { socketPath, maxConnections: 16, times: { stallMs: 0 } })
}
