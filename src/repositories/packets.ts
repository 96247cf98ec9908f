import { joinBytes, utf8 } from '../base/index.ts'
import { repositoryErrors } from './errors.ts'

/** gitprotocol-common(5), pkt-line: four hex digits say how long it is, themselves included; 0000 is a flush. */
export type Packet = { readonly kind: 'line'; readonly payload: Uint8Array } | { readonly kind: 'flush' }

export const FLUSH: Uint8Array = utf8('0000')
const HEADER_BYTES = 4
/** Of one line, its header included. */
export const MAX_PACKET_BYTES = 65_520

export function packet(payload: Uint8Array | string): Uint8Array {
  const bytes = typeof payload === 'string' ? utf8(payload) : payload
  const length = (bytes.length + HEADER_BYTES).toString(16).padStart(HEADER_BYTES, '0')
  return joinBytes([utf8(length), bytes])
}

/** Packets of a stream, in parts of any size. Keeps less than one packet and what was added last. */
export class PacketReader {
  #kept: Uint8Array = new Uint8Array()

  add(bytes: Uint8Array): void {
    this.#kept = this.#kept.length === 0 ? bytes : joinBytes([this.#kept, bytes])
  }

  /** Undefined until there is a whole one. Throws `repositories.request`. */
  next(): Packet | undefined {
    if (this.#kept.length < HEADER_BYTES) return undefined
    const length = lengthOf(this.#kept)
    if (length === 0) {
      this.#kept = this.#kept.subarray(HEADER_BYTES)
      return { kind: 'flush' }
    }
    if (this.#kept.length < length) return undefined
    const payload = this.#kept.subarray(HEADER_BYTES, length)
    this.#kept = this.#kept.subarray(length)
    return { kind: 'line', payload }
  }

  /** What follows the packets that were read. */
  rest(): Uint8Array {
    return this.#kept
  }
}

function lengthOf(bytes: Uint8Array): number {
  const text = String.fromCharCode(...bytes.subarray(0, HEADER_BYTES))
  const length = /^[0-9a-fA-F]{4}$/.test(text) ? Number.parseInt(text, 16) : -1
  if (length === 0 || (length >= HEADER_BYTES && length <= MAX_PACKET_BYTES)) return length
  throw repositoryErrors('repositories.request', 'the length of a packet is not one')
}
