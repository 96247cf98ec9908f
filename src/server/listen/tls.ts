import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { describeError, isoTimeMs, utf8Decode, WheelsealError, type Clock } from '../../base/index.ts'
import { systemFiles } from '../../host/index.ts'
import type { TlsFiles } from '../../http/index.ts'
import { serverErrors } from '../errors.ts'

/** Paths of PEM files: the server's certificate first and whatever stands above it; the key, not encrypted. */
export interface TlsPaths {
  readonly cert: string
  readonly key: string
}

const MAX_FILE_BYTES = 256 * 1024
/** A group may read it: that is how distributions let servers share a key. */
const EVERYBODY = 0o007

/** Of two flags; undefined where neither is given. Throws `server.tls-flags`. */
export function tlsPaths(cert: string | undefined, key: string | undefined): TlsPaths | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key }
  if (cert === undefined && key === undefined) return undefined
  const [given, missing] = cert === undefined ? ['--tls-key', '--tls-cert'] : ['--tls-cert', '--tls-key']
  throw serverErrors('server.tls-flags', `${given} needs ${missing}`)
}

/** Throws `server.tls-certificate`, `server.tls-key`. */
export async function readTlsFiles(paths: TlsPaths, clock: Clock): Promise<TlsFiles> {
  const { certificate, pem: cert } = await readCertificate(paths.cert)
  refuseOutOfDate(paths.cert, certificate, clock)
  const { key: secret, pem: key } = await readKey(paths.key)
  if (!certificate.checkPrivateKey(secret))
    throw serverErrors('server.tls-key', `${paths.key} does not match the certificate in ${paths.cert}`)
  refuseUnusable(paths.cert, { cert, key })
  return { cert, key }
}

/** Some TLS libraries refuse to serve what others do: a certificate whose key usage is not to sign, a small key. */
function refuseUnusable(path: string, { cert, key }: TlsFiles): void {
  try {
    createSecureContext({ cert: Buffer.from(cert), key: Buffer.from(key) })
  } catch (cause) {
    const fact = `${path} cannot be used by a TLS server: ${describeError(cause)}`
    throw serverErrors('server.tls-certificate', fact, { cause })
  }
}

async function readCertificate(path: string): Promise<{ certificate: X509Certificate; pem: Uint8Array }> {
  try {
    const pem = await systemFiles.read(path, MAX_FILE_BYTES)
    return { certificate: new X509Certificate(pem), pem }
  } catch (cause) {
    throw serverErrors('server.tls-certificate', factOf(cause, `${path} has no PEM certificate`), { cause })
  }
}

function refuseOutOfDate(path: string, { validFromDate, validToDate }: X509Certificate, clock: Clock): void {
  const now = clock.nowMs()
  const when = (date: { getTime(): number }): string => isoTimeMs(date.getTime())
  if (now > validToDate.getTime())
    throw serverErrors('server.tls-certificate', `${path} expired at ${when(validToDate)}`)
  if (now < validFromDate.getTime())
    throw serverErrors('server.tls-certificate', `${path} is not valid before ${when(validFromDate)}`)
}

async function readKey(path: string): Promise<{ key: KeyObject; pem: Uint8Array }> {
  try {
    const pem = await systemFiles.read(path, MAX_FILE_BYTES)
    const { mode } = await stat(path)
    if ((mode & EVERYBODY) !== 0)
      throw serverErrors(
        'server.tls-key',
        `${path} is readable by every user of this machine (mode ${(mode & 0o777).toString(8)})`,
      )
    return { key: createPrivateKey(utf8Decode(pem)), pem }
  } catch (cause) {
    throw serverErrors('server.tls-key', factOf(cause, `${path} has no PEM key without a passphrase`), {
      cause,
    })
  }
}

/** What failed in reading names the file; OpenSSL's own words for bytes that are something else help nobody. */
function factOf(cause: unknown, otherwise: string): string {
  return cause instanceof WheelsealError ? cause.message : otherwise
}
