import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { StandIn } from '../runner/index.ts'
import type { JobAuthority } from './authority.ts'
import { forward, type Upstream } from './forward.ts'
import { STAND_IN_HOSTS, type StandInHost } from './hosts.ts'

export interface StandInOptions {
  /** For the sockets on which they listen; only its owner may enter it. A short path. */
  readonly folder: string
  readonly authority: JobAuthority
  readonly services: Upstream
  /** What the download of cosign gets. */
  readonly cosignFile: string
}

export interface StandIns {
  readonly standIns: readonly StandIn[]
  close(): Promise<void>
}

/** Larger than what clients of these hosts send, and smaller than what would hurt. */
const MAX_HEADER_BYTES = 16 * 1024

/**
 * Answers in the place of the hosts of `hosts.ts`, with certificates of the rehearsal's authority, on sockets in a folder
 * of their own: nobody but the runner's user reaches them, and no port of the machine is taken. Each host has a socket,
 * because not every runtime lets a server choose its certificate by the name of the connection.
 */
export async function startStandIns(options: StandInOptions): Promise<StandIns> {
  const limits = { maxHeaderSize: MAX_HEADER_BYTES }
  const plain = { server: createServer(limits, redirectToHttps), path: join(options.folder, '80') }
  const secure = STAND_IN_HOSTS.map((standIn, index) => ({
    host: standIn.host,
    path: join(options.folder, `443-${index}`),
    server: createTlsServer(
      { ...limits, minVersion: 'TLSv1.2', ...options.authority.servers.get(standIn.host) },
      (incoming, outgoing) => void answer(incoming, outgoing, { ...options, standIn }),
    ),
  }))
  const all = [plain, ...secure]
  const open = new Set<Socket>()
  for (const { server } of all)
    server.on('connection', (socket: Socket) => {
      open.add(socket.once('close', () => open.delete(socket)))
    })
  await Promise.all(all.map(({ server, path }) => listening(server, path)))
  return {
    standIns: secure.map(({ host, path }) => ({
      host,
      connect: (port) => connect({ path: port === 443 ? path : plain.path, allowHalfOpen: true }),
    })),
    close: async () => {
      const closed = all.map(({ server }) => new Promise((resolve) => void server.close(resolve)))
      for (const socket of open) socket.destroy()
      await Promise.all(closed)
    },
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

interface Answering extends StandInOptions {
  /** Whose connection it is: the certificate is of that host. */
  readonly standIn: StandInHost
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { standIn, ...options }: Answering,
): Promise<void> {
  try {
    const path = new URL(incoming.url ?? '/', 'https://host').pathname
    if (!isFor(incoming, standIn)) return refuse(outgoing, 421, 'this host is not the one of the connection')
    const what = standIn.answer(path)
    if (what.kind === 'services') return await forward(incoming, outgoing, options.services)
    if (incoming.method !== 'GET' && incoming.method !== 'HEAD')
      return refuse(outgoing, 405, `${standIn.host} is not imitated here`)
    if (what.kind === 'cosign') return await sendFile(incoming, outgoing, options.cosignFile)
    if (what.kind === 'nothing')
      return refuse(
        outgoing,
        404,
        `a rehearsal does not imitate this path of ${standIn.host}; it has ${standIn.says}`,
      )
    outgoing.writeHead(302, { location: what.location, 'content-length': 0 }).end()
  } catch {
    if (outgoing.headersSent) outgoing.destroy()
    else refuse(outgoing, 502, 'the services of the rehearsal did not answer')
  }
}

/** The request must name the host of its connection. */
function isFor(incoming: IncomingMessage, { host }: StandInHost): boolean {
  return (incoming.headers.host ?? '').toLowerCase().replace(/:443$/, '') === host
}

function refuse(outgoing: ServerResponse, status: number, why: string): void {
  const body = `${why}\n`
  outgoing
    .writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) })
    .end(body)
}

async function sendFile(incoming: IncomingMessage, outgoing: ServerResponse, path: string): Promise<void> {
  const { size } = await stat(path)
  outgoing.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size })
  if (incoming.method === 'HEAD') outgoing.end()
  else await pipeline(createReadStream(path), outgoing)
}

/** As the real hosts do. */
function redirectToHttps(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const asked = (incoming.headers.host ?? '').toLowerCase().replace(/:80$/, '')
  const standIn = STAND_IN_HOSTS.find(({ host }) => host === asked)
  if (standIn === undefined || incoming.url?.startsWith('/') !== true)
    return refuse(outgoing, 400, 'there is no stand-in of that name')
  outgoing.writeHead(301, { location: `https://${standIn.host}${incoming.url}`, 'content-length': 0 }).end()
}
