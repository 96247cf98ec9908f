import { baseErrors } from '../errors.ts'

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}

export function encodeBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
}

/** Standard alphabet with padding; one accepted spelling (RFC 4648 §3.5). Throws `base.encoding`. */
export function decodeBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw baseErrors('base.encoding', 'not canonical base64')
  return new Uint8Array(bytes)
}

/** URL alphabet without padding (RFC 7515 §2). Throws `base.encoding`. */
export function decodeBase64Url(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) throw baseErrors('base.encoding', 'not canonical base64url')
  return new Uint8Array(bytes)
}
