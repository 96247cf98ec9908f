import { X509Certificate } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import { describeError, utf8Decode, type Files } from '../base/index.ts'
import { netErrors } from './errors.ts'
import { nodeTls } from './node-http.ts'
import type { Environment } from './proxies.ts'

const MAX_FILE_BYTES = 4 << 20
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * Node's own authorities and those of `SSL_CERT_FILE` (private networks), or `undefined` where Node's own are all.
 * Throws `net.authorities`: a file that was asked for and is not used would fail later, less clearly.
 */
export async function tlsAuthorities(env: Environment, files: Files): Promise<SecureContext | undefined> {
  const path = env['SSL_CERT_FILE']
  if (path === undefined || path === '') return undefined
  try {
    const text = utf8Decode(await files.read(path, MAX_FILE_BYTES))
    const { createSecureContext, getCACertificates } = nodeTls()
    return createSecureContext({ ca: [...getCACertificates('default'), ...certificatesIn(text)] })
  } catch (cause) {
    throw netErrors('net.authorities', `SSL_CERT_FILE ${path}: ${describeError(cause)}`, { cause })
  }
}

/** Text between the blocks is common in such files. OpenSSL would pass over a damaged block in silence. */
function certificatesIn(text: string): readonly string[] {
  const blocks = text.match(CERTIFICATE) ?? []
  if (blocks.length === 0) throw new Error('no PEM certificate found')
  return blocks.map((block) => new X509Certificate(block).toString())
}
