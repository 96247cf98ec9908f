import { baseErrors } from '../errors.ts'
import { concatBytes } from './bytes.ts'

/** The whole of a small stream. Throws `base.too-large` as soon as it is longer than `maxBytes`. */
export async function readCapped(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of stream) {
    length += part.length
    if (length > maxBytes)
      throw baseErrors('base.too-large', `more than the ${maxBytes} bytes that are allowed`)
    parts.push(part)
  }
  return concatBytes(...parts)
}
