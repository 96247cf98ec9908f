import type { Source } from '../../../base/index.ts'

const WINDOW_BYTES = 256 * 1024

/** Reads ahead, so that many small parts one after the other cost one read. A part stays good: no memory is used again. */
export function windowed(source: Source): Source {
  let start = 0
  let window: Uint8Array = new Uint8Array(0)
  return {
    size: source.size,
    read: async (offset, length) => {
      if (length > WINDOW_BYTES || offset + length > source.size) return source.read(offset, length)
      if (offset < start || offset + length > start + window.length) {
        window = await source.read(offset, Math.min(WINDOW_BYTES, source.size - offset))
        start = offset
      }
      return window.subarray(offset - start, offset - start + length)
    },
  }
}
