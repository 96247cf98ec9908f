import { chmod } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { runnerErrors } from '../errors.ts'
import type { JobListener } from '../network.ts'

/** What the kernel takes as the path of a Unix socket. */
const MAX_PATH_BYTES = 107
const MAX_DATAGRAM_BYTES = 65_535

export interface Connections {
  /** Ends the connections that nobody else has ended. */
  close(): Promise<void>
}

/**
 * Where the relay of a job's sandbox brings connections: a Unix socket in the job's folder, which nobody but the job's
 * user can reach, and the job cannot see. The first byte of each names its listener.
 */
export async function openConnections(path: string, listeners: readonly JobListener[]): Promise<Connections> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw runnerErrors('runner.sandbox', `the path of the job's folder is too long for a socket in it`)
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy())
    socket.once('readable', () => dispatch(socket, listeners))
  })
  server.listen(path)
  await once(server, 'listening')
  await chmod(path, 0o666)
  return { close: () => close(server, open) }
}

function dispatch(socket: Socket, listeners: readonly JobListener[]): void {
  const first = socket.read(1) as Buffer | null
  const listener = first === null ? undefined : listeners[first[0] ?? listeners.length]
  if (listener === undefined) socket.destroy()
  else if (listener.kind === 'tcp') listener.onConnection(socket)
  else answerDatagram(socket, listener)
}

/** All up to the end of the one direction is the question, all of the other the answer. */
function answerDatagram(socket: Socket, { onMessage }: Extract<JobListener, { kind: 'udp' }>): void {
  const chunks: Buffer[] = []
  let length = 0
  socket.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > MAX_DATAGRAM_BYTES) socket.destroy()
    else chunks.push(chunk)
  })
  // Ended where nothing is answered too: the end of the other side is not noticed once its question has ended.
  socket.on('end', () => socket.end(onMessage(Buffer.concat(chunks)) ?? ''))
}

async function close(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  for (const socket of open) socket.destroy()
  await closed
}
