import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Allowance } from './allowance.ts'

/** Requests that a client may send before their turn; stock clients wait for each answer. */
const MAX_WAITING = 32
/** Of their bodies on one connection: a request that came a little early may have one. */
const MAX_WAITING_BYTES = 64 * 1024
/** Of answers that are made and not read yet. */
const MAX_UNREAD_BYTES = 128 * 1024 * 1024

type Listener<Result> = (incoming: IncomingMessage, outgoing: ServerResponse) => Result

interface Connection {
  hasAsked: boolean
  /** The one whose turn it is. */
  current: ServerResponse | undefined
  readonly waiting: Waiting[]
}

interface Waiting {
  readonly incoming: IncomingMessage
  readonly begin: () => void
}

/**
 * What connections may cost: so many of them, one request of each under way, and so much that is answered and not read.
 * An answer begins, and its file is opened, when the one before it has gone out.
 */
export class Connections {
  /** The longest idle first; one that has not ended its TLS handshake is one that has asked nothing. */
  readonly #open = new Map<Socket, Connection>()
  readonly #unread = new Allowance(MAX_UNREAD_BYTES)
  readonly #maxConnections: number

  constructor(maxConnections: number) {
    this.#maxConnections = maxConnections
  }

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#add(socket)
      if (this.#open.size > this.#maxConnections) this.#makeRoom(socket)
    })
  }

  /** The same for a server of HTTPS, where a second socket takes the place of the first when the handshake is done. */
  watchTls(server: Server): void {
    const beginning = new Map<string, Socket>()
    this.watch(server)
    server.on('connection', (socket: Socket) => {
      const peer = peerOf(socket)
      beginning.set(peer, socket)
      socket.once('close', () => {
        // The next one may have come by the same port already.
        if (beginning.get(peer) === socket) beginning.delete(peer)
      })
    })
    server.on('secureConnection', (socket: Socket) => {
      const first = beginning.get(peerOf(socket))
      if (first !== undefined) this.#open.delete(first)
      this.#add(socket)
    })
  }

  #add(socket: Socket): void {
    this.#open.set(socket, { hasAsked: false, current: undefined, waiting: [] })
    socket.once('close', () => this.#open.delete(socket))
  }

  /** Node itself knows none whose TLS handshake has not ended. */
  cutAll(): void {
    for (const socket of this.#open.keys()) socket.destroy()
  }

  /** The answer that is under way on a connection. */
  currentOf(socket: Socket): ServerResponse | undefined {
    return this.#open.get(socket)?.current
  }

  /** `answer`, one after the other for each connection; and before it `atOnce`, which may answer whoever need not wait. */
  inTurn(answer: Listener<Promise<void>>, atOnce: Listener<boolean>): Listener<void> {
    return (incoming, outgoing) => {
      const connection = this.#open.get(incoming.socket)
      if (connection === undefined) return
      connection.hasAsked = true
      // Without its socket it waits for the answer before it.
      const mayNow = connection.current === undefined && outgoing.socket !== null
      if (mayNow && atOnce(incoming, outgoing)) {
        this.#answered({ incoming, outgoing, connection })
        return
      }
      const begin = (): void => this.#begin(answer, { incoming, outgoing, connection })
      if (connection.current === undefined) begin()
      else if (hasRoom(connection)) connection.waiting.push({ incoming, begin })
      else incoming.socket.destroy()
    }
  }

  #begin(answer: Listener<Promise<void>>, turn: Turn): void {
    this.#hold(turn)
    const { incoming, outgoing } = turn
    // Ends when all of the answer is handed over. What fails here could not be answered either.
    void answer(incoming, outgoing).then(
      () => this.#unread.enforce(),
      (error: Error) => incoming.socket.destroy(error),
    )
  }

  /** Most are with the system by now, and hold nothing. */
  #answered(turn: Turn): void {
    const { socket } = turn.incoming
    if (socket.writableLength > 0) {
      this.#hold(turn)
      this.#unread.enforce()
    } else if (this.#open.delete(socket)) this.#open.set(socket, turn.connection)
  }

  #hold({ incoming: { socket }, outgoing, connection }: Turn): void {
    connection.current = outgoing
    const holder = {
      get heldBytes() {
        return outgoing.writableLength
      },
      cut: () => socket.destroy(),
    }
    this.#unread.enforce()
    this.#unread.add(holder)
    outgoing.once('close', () => {
      this.#unread.delete(holder)
      this.#end(socket, connection)
    })
  }

  #end(socket: Socket, connection: Connection): void {
    connection.current = undefined
    if (socket.destroyed || !this.#open.delete(socket)) return
    this.#open.set(socket, connection)
    if (socket.writable) connection.waiting.shift()?.begin()
  }

  /** Who has asked nothing yet goes first, then who asks nothing now, then who comes. */
  #makeRoom(newest: Socket): void {
    const idle = [...this.#open].filter(([socket, { current }]) => current === undefined && socket !== newest)
    const [silent] = idle.find(([, { hasAsked }]) => !hasAsked) ?? idle[0] ?? [newest]
    silent.destroy()
  }
}

/** Node takes in the body of each, as far as it goes without a reader. */
function hasRoom({ waiting }: Connection): boolean {
  const bytes = waiting.reduce((sum, { incoming }) => sum + incoming.readableLength, 0)
  return waiting.length < MAX_WAITING && bytes <= MAX_WAITING_BYTES
}

/** No two connections to one port have the same at once. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

interface Turn {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly connection: Connection
}
