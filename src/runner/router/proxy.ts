import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { JobNetwork } from '../network.ts'
import type { Beginning } from './beginning.ts'
import { createConnections } from './connections.ts'
import { readRequestHead } from './http-head.ts'
import { peek } from './peek.ts'

export interface JobProxy {
  /** Of 127.0.0.1. */
  readonly port: number
  /** Ends all that came through it; the network is its owner's. */
  close(): Promise<void>
}

const MAX_CONNECTIONS = 256
const TARGET = /^([^:]+):([1-9][0-9]{0,4})$/
const CONNECTED = 'HTTP/1.1 200 Connection established\r\n\r\n'
const REFUSED = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'

/**
 * The network of a job that has no network namespace, for programs that honour proxy variables: CONNECT (RFC 9110
 * §9.3.6) leads to what listens on that port in the job's network, which then goes by what the connection itself says;
 * any other request to what listens on port 80.
 */
export async function openJobProxy(network: JobNetwork): Promise<JobProxy> {
  const connections = createConnections(MAX_CONNECTIONS)
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (connections.take(socket)) void begin(network, socket, connections.signal)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close()
      await connections.close()
    },
  }
}

// oxlint-disable-next-line eslint/complexity -- each line is one refusal, in the order of the bytes
async function begin(network: JobNetwork, socket: Socket, signal: AbortSignal): Promise<void> {
  const { beginning, bytes } = await peek(socket, whole, signal)
  if (beginning.kind === 'refused') return void socket.destroy()
  const head = readRequestHead(bytes)
  if ('kind' in head) return void socket.destroy()
  const isTunnel = head.method === 'CONNECT'
  const port = isTunnel ? Number(TARGET.exec(head.target)?.[2] ?? 0) : 80
  const listener = network.listeners.find((one) => one.kind === 'tcp' && one.port === port)
  if (listener?.kind !== 'tcp') return void socket.end(REFUSED)
  if (isTunnel) socket.write(CONNECTED)
  const rest = isTunnel ? bytes.subarray(head.length) : bytes
  if (rest.length > 0) socket.unshift(Buffer.from(rest))
  listener.onConnection(socket)
}

function whole(bytes: Uint8Array): Beginning {
  const head = readRequestHead(bytes)
  return 'kind' in head ? head : { kind: 'host', host: head.authority }
}
