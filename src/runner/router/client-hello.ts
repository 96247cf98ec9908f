import { concatBytes, Cursor, utf8Decode } from '../../base/index.ts'
import { MAX_BEGINNING_BYTES, refused, type Beginning } from './beginning.ts'
import { hostName } from './host-name.ts'

const HANDSHAKE = 22
const CLIENT_HELLO = 1
const SERVER_NAME = 0
const HOST_NAME = 0
const RECORD_HEADER_BYTES = 5
const HANDSHAKE_HEADER_BYTES = 4
const MAX_RECORD_BYTES = 1 << 14
const RANDOM_BYTES = 32
const MAX_SESSION_ID_BYTES = 32

/**
 * The host that a TLS client asks for (RFC 8446 §4.1.2, RFC 6066 §3), of the first bytes that it sends. The message may
 * come in any number of records and reads. Extensions that are not known, GREASE and ECH among them, are passed over:
 * with ECH it is the outer name that counts, since no other can be read.
 */
// oxlint-disable-next-line eslint/complexity -- each line is one refusal, in the order of the bytes
export function readClientHello(bytes: Uint8Array): Beginning {
  const records = handshakeBytes(bytes)
  if ('kind' in records) return records
  const { message, more } = records
  const length = message.length < HANDSHAKE_HEADER_BYTES ? undefined : lengthOf(message)
  if (message.length > 0 && message[0] !== CLIENT_HELLO)
    return refused('the first TLS message is not a ClientHello')
  if (length !== undefined && length > MAX_BEGINNING_BYTES) return refused('the ClientHello is too long')
  const end = HANDSHAKE_HEADER_BYTES + (length ?? 0)
  if (length === undefined || message.length < end) return { kind: 'more', bytes: more }
  if (message.length > end) return refused('something follows the ClientHello')
  try {
    return serverName(new Cursor(message.subarray(HANDSHAKE_HEADER_BYTES)))
  } catch {
    return refused('the ClientHello is malformed')
  }
}

interface HandshakeBytes {
  readonly message: Uint8Array
  /** In all, for the next step. */
  readonly more: number
}

/** The content of the whole records. */
// oxlint-disable-next-line eslint/complexity -- each line is one refusal, in the order of the bytes
function handshakeBytes(bytes: Uint8Array): HandshakeBytes | Beginning {
  const parts: Uint8Array[] = []
  let at = 0
  for (;;) {
    const content = at + RECORD_HEADER_BYTES
    if (bytes.length > at && bytes[at] !== HANDSHAKE) return refused('it does not begin as TLS does')
    if (bytes.length > at + 1 && bytes[at + 1] !== 3) return refused('the version of TLS is not known')
    if (bytes.length < content) return { message: concatBytes(...parts), more: content }
    const size = ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0)
    if (size === 0 || size > MAX_RECORD_BYTES) return refused('a TLS record has no valid length')
    if (bytes.length < content + size) return { message: concatBytes(...parts), more: content + size }
    parts.push(bytes.subarray(content, content + size))
    at = content + size
  }
}

function lengthOf(message: Uint8Array): number {
  return ((message[1] ?? 0) << 16) | ((message[2] ?? 0) << 8) | (message[3] ?? 0)
}

function serverName(hello: Cursor): Beginning {
  hello.take(2)
  hello.take(RANDOM_BYTES)
  if (hello.vector(1).length > MAX_SESSION_ID_BYTES) return refused('the ClientHello is malformed')
  const suites = hello.vector(2).length
  const methods = hello.vector(1).length
  if (suites === 0 || suites % 2 !== 0 || methods === 0) return refused('the ClientHello is malformed')
  if (hello.remaining === 0) return refused('the TLS client names no host (SNI)')
  const extensions = new Cursor(hello.vector(2))
  hello.end()
  let host: Beginning | undefined
  while (extensions.remaining > 0) {
    const type = extensions.uint(2)
    const content = extensions.vector(2)
    if (type !== SERVER_NAME) continue
    if (host !== undefined) return refused('the TLS client names a host twice')
    host = onlyName(new Cursor(content))
  }
  return host ?? refused('the TLS client names no host (SNI)')
}

function onlyName(content: Cursor): Beginning {
  const list = new Cursor(content.vector(2))
  content.end()
  const type = list.uint(1)
  const host = hostName(utf8Decode(list.vector(2)))
  list.end()
  if (type !== HOST_NAME || host === undefined) return refused('the TLS client names no valid host')
  return { kind: 'host', host }
}
