import { once } from 'node:events'
import type { Socket } from 'node:net'
import { GrowingBytes } from '../../base/index.ts'
import { MAX_BEGINNING_BYTES, refused, type Beginning, type Decided } from './beginning.ts'

export interface Peeked {
  readonly beginning: Decided
  /** All that was read, for whoever gets the connection. */
  readonly bytes: Uint8Array
}

/** Reads only until `read` has an opinion. A connection that ends before, or is cut by the signal, is refused. */
export async function peek(
  socket: Socket,
  read: (bytes: Uint8Array) => Beginning,
  signal: AbortSignal,
): Promise<Peeked> {
  const held = new GrowingBytes()
  let wanted = 1
  for (;;) {
    const chunk = await nextChunk(socket, signal)
    if (chunk === undefined)
      return { beginning: refused('it ended before it named a host'), bytes: held.bytes() }
    held.add(chunk)
    if (held.length < wanted && held.length <= MAX_BEGINNING_BYTES) continue
    const bytes = held.bytes()
    const beginning = read(bytes)
    if (beginning.kind !== 'more') return { beginning, bytes }
    if (held.length > MAX_BEGINNING_BYTES) return { beginning: refused('its beginning is too long'), bytes }
    wanted = beginning.bytes
  }
}

/** Undefined at the end, after an error, and where the signal is aborted. */
async function nextChunk(socket: Socket, signal: AbortSignal): Promise<Uint8Array | undefined> {
  for (;;) {
    const chunk = socket.read() as Buffer | null
    if (chunk !== null) return chunk
    if (signal.aborted || socket.readableEnded || socket.destroyed) return undefined
    const stop = new AbortController()
    const until = AbortSignal.any([signal, stop.signal])
    try {
      await Promise.race(['readable', 'end', 'close'].map((event) => once(socket, event, { signal: until })))
    } catch {
      return undefined
    } finally {
      stop.abort()
    }
  }
}
