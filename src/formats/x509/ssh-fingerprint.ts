import { createHash } from 'node:crypto'
import { concatBytes, utf8 } from '../../base/index.ts'
import { parsePublicKey, type PublicKey } from './public-key.ts'

const CURVES = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' } as const

/** `SHA256:…`, as `ssh-keygen -l` shows a key and as Go's DSSE library names it (RFC 4253 §6.6, RFC 5656, RFC 8709). */
export function sshFingerprint(spki: Uint8Array): string {
  const digest = createHash('sha256').update(concatBytes(...partsOf(parsePublicKey(spki)).map(field)))
  return `SHA256:${digest.digest('base64').replaceAll('=', '')}`
}

function partsOf({ kind, key }: PublicKey): readonly Uint8Array[] {
  const { n = '', e = '', x = '', y = '' } = key.export({ format: 'jwk' })
  const number = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'))
  if (kind === 'rsa') return [utf8('ssh-rsa'), positive(number(e)), positive(number(n))]
  if (kind === 'ed25519') return [utf8('ssh-ed25519'), number(x)]
  const point = concatBytes(new Uint8Array([UNCOMPRESSED]), number(x), number(y))
  return [utf8(`ecdsa-sha2-${CURVES[kind]}`), utf8(CURVES[kind]), point]
}

const UNCOMPRESSED = 0x04

/** Two's complement: with its top bit set it would be negative. */
function positive(magnitude: Uint8Array): Uint8Array {
  return (magnitude[0] ?? 0) < 0x80 ? magnitude : concatBytes(new Uint8Array(1), magnitude)
}

function field(content: Uint8Array): Uint8Array {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, content.length)
  return concatBytes(length, content)
}
