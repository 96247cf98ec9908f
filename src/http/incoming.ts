import { IncomingMessage } from 'node:http'
import { GrowingBytes } from '../base/index.ts'

/** From here on a part is worth an object of its own. */
const LARGE_BYTES = 4096

/**
 * A request whose chunks come in parts of a useful size. HTTP lets a client send each byte as a chunk, and Node makes an
 * object of some hundred bytes and a turn of all listeners of each. What one read of the socket brought is joined first.
 */
export class CoalescingMessage extends IncomingMessage {
  #small: GrowingBytes | undefined

  override push(part: Uint8Array | null): boolean {
    const isSmall = part !== null && part.length < LARGE_BYTES
    if (isSmall && this.headers['transfer-encoding'] !== undefined) return this.#keep(part)
    this.#flush()
    return super.push(part)
  }

  #keep(part: Uint8Array): boolean {
    if (this.#small === undefined) {
      this.#small = new GrowingBytes()
      setImmediate(() => this.#flush())
    }
    this.#small.add(part)
    const length = this.#small.length
    if (length >= LARGE_BYTES) this.#flush()
    return this.readableLength + length < this.readableHighWaterMark
  }

  #flush(): void {
    const bytes = this.#small?.bytes()
    this.#small = undefined
    if (bytes === undefined || this.destroyed) return
    super.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  }
}
