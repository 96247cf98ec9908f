import { baseErrors } from '../errors.ts'

export function encodeHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

/** Lower-case hex only, an even number of digits. Throws `base.encoding`. */
export function decodeHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw baseErrors('base.encoding', 'not lower-case hexadecimal')
  }
  return new Uint8Array(Buffer.from(text, 'hex'))
}
