import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { JobNetwork } from '../network.ts'

/** The TCP listeners of a network, on ports that the system chooses, by the port that the job would know. */
export async function served(
  network: JobNetwork,
): Promise<{ readonly portOf: (port: number) => number; readonly close: () => Promise<void> }> {
  const servers = new Map<number, Server>()
  for (const listener of network.listeners) {
    if (listener.kind !== 'tcp') continue
    const server = createServer(listener.onConnection)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    servers.set(listener.port, server)
  }
  return {
    portOf: (port) => (servers.get(port)!.address() as AddressInfo).port,
    close: async () => {
      for (const server of servers.values()) server.close()
      await network.close()
    },
  }
}

/** A server that answers each connection as told; its port. */
export async function serve(
  answer: (socket: Socket) => void,
): Promise<{ readonly port: number; readonly close: () => void; readonly connect: () => Socket }> {
  const server = createServer({ allowHalfOpen: true }, answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    close: () => server.close(),
    connect: () => connect({ port, host: '127.0.0.1', allowHalfOpen: true }),
  }
}

/** All that comes of a connection until its end. */
export async function readAll(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
  })
  await once(socket, 'close').catch(() => undefined)
  return text
}
