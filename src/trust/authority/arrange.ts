/** For tests only. */
import { sign, type KeyObject } from 'node:crypto'
import { encodeBase64Url, utf8 } from '../../base/index.ts'

/** An id token with any payload, signed as GitLab signs. */
export function signToken(payload: object, { key, kid }: { key: KeyObject; kid: string }): string {
  const parts = [{ alg: 'RS256', kid, typ: 'JWT' }, payload]
  const signed = parts.map((part) => encodeBase64Url(utf8(JSON.stringify(part)))).join('.')
  return `${signed}.${encodeBase64Url(sign('sha256', utf8(signed), key))}`
}
