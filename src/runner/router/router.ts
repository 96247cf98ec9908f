import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { describeError, printable, type Clock } from '../../base/index.ts'
import type { JobListener, JobNetwork, OpenJobNetwork } from '../network.ts'
import type { Beginning } from './beginning.ts'
import { readClientHello } from './client-hello.ts'
import { createConnections, type Connections } from './connections.ts'
import { hostName } from './host-name.ts'
import { readHttpHost } from './http-head.ts'
import { answerName } from './name-server.ts'
import { peek } from './peek.ts'
import { relay } from './relay.ts'
import { sayOnce, type SaidOnce } from './said-once.ts'

/** A host that is answered on this machine in the place of the real one. */
export interface StandIn {
  readonly host: string
  /** A connection to what answers: on port 443 it speaks TLS, on port 80 plain HTTP. */
  readonly connect: (port: HostPort) => Duplex
}

export type HostPort = 443 | 80

/** A port of the host's loopback that the job has on its own. */
export interface LoopbackPort {
  readonly port: number
  readonly connect: () => Duplex
}

/** The name of a host, or `name:port` where it is reached on that port instead of 443 and 80. */
export type AllowedHost = string

/** Connects to the real host; its bytes are passed on untouched. Rejects with the reason. */
export type OpenTunnel = (host: string, port: number, signal: AbortSignal) => Promise<Duplex>

export interface RouterOptions {
  readonly clock: Clock
  /** Hosts that jobs reach as they are. */
  readonly allow: readonly AllowedHost[]
  readonly tunnel: OpenTunnel
  readonly standIns?: readonly StandIn[]
  readonly ports?: readonly LoopbackPort[]
  /** PEM: who certifies the stand-ins. */
  readonly authorities?: string
  /** Why a host is refused, where there is more to say than that it is not on the list. */
  readonly explain?: (host: string) => string | undefined
  /** Open at once for one job. Default 256. */
  readonly maxConnections?: number
}

const ALLOWED = /^([^:]+)(?::([1-9][0-9]{0,4}))?$/
const LOOPBACK = '127.0.0.1'
const MAX_CONNECTIONS = 256
const BEGINNING_MS = 10_000
const TUNNEL_MS = 30_000
const MAX_SHOWN_NAME = 253
const TLS_FIRST_BYTE = 22

/** What a job's connections meet: by the host that they name, a stand-in, the real host, or a refusal. */
export function createRouter(options: RouterOptions): OpenJobNetwork {
  const routes = routesOf(options)
  return async (_job, log) => {
    const connections = createConnections(options.maxConnections ?? MAX_CONNECTIONS)
    const notices = sayOnce((text) => log.notice(text))
    const warnings = sayOnce((text) => log.warning(text))
    const job: JobRoutes = { ...options, routes, connections, notices, warnings }
    return networkOf(job)
  }
}

interface Routes {
  readonly standIns: ReadonlyMap<string, StandIn>
  /** `host:port`. */
  readonly allowed: ReadonlySet<string>
  readonly names: readonly string[]
  readonly hostPorts: readonly number[]
}

interface JobRoutes extends RouterOptions {
  readonly routes: Routes
  readonly connections: Connections
  readonly notices: SaidOnce
  readonly warnings: SaidOnce
}

function routesOf({ allow, standIns = [] }: RouterOptions): Routes {
  const allowed = allow.flatMap((text) => {
    const [, host = '', port] = ALLOWED.exec(text) ?? []
    const ports = port === undefined ? [443, 80] : [Number(port)]
    return ports.map((one) => ({ host: checkedName(host), port: one }))
  })
  const stood = standIns.map(({ host }) => checkedName(host))
  return {
    standIns: new Map(standIns.map((standIn) => [standIn.host, standIn])),
    allowed: new Set(allowed.map(({ host, port }) => `${host}:${port}`)),
    names: [...new Set([...stood, ...allowed.map(({ host }) => host)])],
    hostPorts: [...new Set([443, 80, ...allowed.map(({ port }) => port)])],
  }
}

function checkedName(text: string): string {
  if (hostName(text) !== text) throw new TypeError(`'${text}' is not the name of a host`)
  return text
}

function networkOf(job: JobRoutes): JobNetwork {
  const { routes, ports = [], connections } = job
  const isKnown = (name: string): boolean => routes.names.includes(name)
  const hosts = routes.hostPorts.map((port): JobListener => {
    const onConnection = (socket: Socket): void => void routeByHost(job, socket, port)
    return { kind: 'tcp', host: LOOPBACK, port, onConnection }
  })
  const own = ports.map(({ port, connect: open }): JobListener => {
    const onConnection = (socket: Socket): void => join(job, accepted(job, socket), open)
    return { kind: 'tcp', host: LOOPBACK, port, onConnection }
  })
  const names: JobListener = {
    kind: 'udp',
    host: LOOPBACK,
    port: 53,
    onMessage: (message) => {
      const found = answerName(message, isKnown)
      if (found?.isKnown === false) sayRefused(job, found.name)
      return found?.reply
    },
  }
  return {
    listeners: [...hosts, ...own, names],
    names: routes.names,
    authorities: job.authorities ?? '',
    close: () => connections.close(),
  }
}

function accepted({ connections }: JobRoutes, socket: Socket): Socket | undefined {
  // Whoever has said all that it wanted to may still be answered.
  socket.allowHalfOpen = true
  return connections.take(socket) ? socket : undefined
}

/** To a port of this machine, which is what it says. */
function join({ connections }: JobRoutes, socket: Socket | undefined, open: () => Duplex): void {
  if (socket === undefined) return
  const other = open()
  if (connections.take(other)) relay(socket, other)
  else socket.destroy()
}

/** Never rejects: whatever happens to a connection ends that connection. */
async function routeByHost(job: JobRoutes, incoming: Socket, port: number): Promise<void> {
  const socket = accepted(job, incoming)
  if (socket === undefined) return
  try {
    const limit = within(job, BEGINNING_MS)
    const { beginning, bytes } = await peek(socket, readHost, limit.signal).finally(() => limit.end())
    if (beginning.kind === 'refused') return refuseBeginning(job, socket, { why: beginning.why, bytes })
    const other = await reach(job, beginning.host, port)
    if (other === undefined || !job.connections.take(other)) return void socket.destroy()
    if (socket.destroyed) return void other.destroy()
    other.write(bytes)
    relay(socket, other)
  } catch (error) {
    socket.destroy()
    if (!job.connections.signal.aborted)
      job.warnings.say(`failed ${describeError(error)}`, shown(describeError(error)))
  }
}

function readHost(bytes: Uint8Array): Beginning {
  return bytes[0] === TLS_FIRST_BYTE ? readClientHello(bytes) : readHttpHost(bytes)
}

/** Whoever connects and says nothing has asked for nothing. */
function refuseBeginning(
  { connections, warnings }: JobRoutes,
  socket: Socket,
  { why, bytes }: { readonly why: string; readonly bytes: Uint8Array },
): void {
  socket.destroy()
  if (bytes.length > 0 && !connections.signal.aborted)
    warnings.say(`beginning ${why}`, `a connection was refused: ${why}`)
}

async function reach(job: JobRoutes, host: string, port: number): Promise<Duplex | undefined> {
  const { routes, notices } = job
  const standIn = routes.standIns.get(host)
  if (standIn !== undefined && (port === 443 || port === 80)) {
    notices.say(host, `${host}: answered by this machine`)
    return standIn.connect(port)
  }
  if (routes.allowed.has(`${host}:${port}`)) return openTunnel(job, host, port)
  sayRefused(job, host)
  return undefined
}

async function openTunnel(job: JobRoutes, host: string, port: number): Promise<Duplex> {
  const limit = within(job, TUNNEL_MS)
  return job.tunnel(host, port, limit.signal).finally(() => limit.end())
}

function sayRefused({ warnings, explain }: JobRoutes, host: string): void {
  const why = explain?.(host) ?? 'it is not among the hosts that this job may reach'
  warnings.say(`refused ${host}`, `${shown(host)}: refused, ${why}`)
}

function shown(text: string): string {
  return printable(text, { maxLength: MAX_SHOWN_NAME })
}

/** Aborted after that time, or when the job ends; `end` stops the clock. */
function within(
  { clock, connections }: JobRoutes,
  ms: number,
): { readonly signal: AbortSignal; readonly end: () => void } {
  const late = new AbortController()
  const done = new AbortController()
  clock.sleep(ms, done.signal).then(
    () => late.abort(new Error('it took too long')),
    () => undefined,
  )
  return { signal: AbortSignal.any([late.signal, connections.signal]), end: () => done.abort() }
}
