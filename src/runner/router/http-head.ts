import { MAX_BEGINNING_BYTES, refused, type Beginning } from './beginning.ts'
import { hostName } from './host-name.ts'

const HEAD_END = '\r\n\r\n'
/** Latin-1, as HTTP is read: one character for each byte. */
const REQUEST_LINE = /^(?<method>[A-Z]{1,20}) (?<target>[!-~]+) HTTP\/1\.[01]$/
const ABSOLUTE = /^http:\/\/(?<authority>[^/?#@]+)(?:[/?#]|$)/i
const AUTHORITY = /^(?<host>[A-Za-z0-9._-]{1,253})(?::(?<port>[0-9]{1,5}))?$/

export interface RequestHead {
  readonly method: string
  readonly target: string
  /** `host` or `host:port`. */
  readonly authority: string
  /** Its bytes, with the empty line. */
  readonly length: number
}

/** The host of a request by its `Host` field (RFC 9112 §3.2), which must be one, and the target's where it names one. */
export function readHttpHost(bytes: Uint8Array): Beginning {
  const head = readRequestHead(bytes)
  if ('kind' in head) return head
  if (head.method === 'CONNECT') return refused('CONNECT is not answered here')
  return authorityHost(head.authority)
}

// oxlint-disable-next-line eslint/complexity -- each line is one refusal, in the order of the bytes
export function readRequestHead(bytes: Uint8Array): RequestHead | Beginning {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  if (text !== '' && !/^[A-Z]/.test(text)) return refused('it begins neither as TLS nor as HTTP does')
  const end = text.indexOf(HEAD_END)
  if (end === -1)
    return bytes.length >= MAX_BEGINNING_BYTES
      ? refused('the head of the request is too long')
      : { kind: 'more', bytes: bytes.length + 1 }
  const [line = '', ...fields] = text.slice(0, end).split('\r\n')
  const { method, target } = REQUEST_LINE.exec(line)?.groups ?? {}
  if (method === undefined || target === undefined) return refused('the request line is malformed')
  const hosts = fields.flatMap((field) => /^host:[ \t]*(.*?)[ \t]*$/i.exec(field)?.[1] ?? [])
  // Python up to 3.11 sends none with CONNECT, whose target is the authority (RFC 9110 §9.3.6).
  const [authority = method === 'CONNECT' ? target : undefined] = hosts
  if (authority === undefined || hosts.length > 1) return refused('the request does not have one Host field')
  const asked = ABSOLUTE.exec(target)?.groups?.['authority']
  if (asked !== undefined && asked.toLowerCase() !== authority.toLowerCase())
    return refused('the request names two hosts')
  return { method, target, authority, length: end + HEAD_END.length }
}

function authorityHost(authority: string): Beginning {
  const host = hostName(AUTHORITY.exec(authority)?.groups?.['host'] ?? '')
  return host === undefined ? refused('the request names no valid host') : { kind: 'host', host }
}
