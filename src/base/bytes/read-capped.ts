import { baseErrors } from '../errors.ts'
import { GrowingBytes } from './growing-bytes.ts'

/** The whole of a small stream. Throws `base.too-large` as soon as it is longer than `maxBytes`. */
export async function readCapped(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const whole = new GrowingBytes()
  for await (const part of stream) {
    if (whole.length + part.length > maxBytes)
      throw baseErrors('base.too-large', `larger than the limit of ${maxBytes} bytes`)
    whole.add(part)
  }
  return whole.bytes()
}
