import { parseTrustedRoot, type TrustedAuthority, type TrustedLog } from '../../formats/sigstore/index.ts'
import type { CertificateAuthority, LogKey, TimestampAuthority, TrustRoot } from './trust-root.ts'

/** The trust root that a `trusted_root.json` describes. Throws `sigstore.trusted-root`. */
export function trustRootFromJson(text: string): TrustRoot {
  const root = parseTrustedRoot(text)
  return {
    certificateAuthorities: root.certificateAuthorities.map((one) => certificateAuthority(one)),
    logs: root.logs.map((log) => (log.baseUrl === '' ? logKey(log) : namedLog(log))),
    ctLogs: root.ctLogs.map((log) => logKey(log)),
    timestampAuthorities: root.timestampAuthorities.map(({ chain, validity }): TimestampAuthority => ({
      chain,
      validity,
    })),
  }
}

function certificateAuthority({ chain, validity }: TrustedAuthority): CertificateAuthority {
  return { roots: chain.slice(-1), intermediates: chain.slice(0, -1), validity }
}

function logKey({ spki, idHex, validity }: TrustedLog): LogKey {
  return { spki, idHex, validity }
}

function namedLog(log: TrustedLog): LogKey {
  return { ...logKey(log), names: namesOf(log), url: log.baseUrl }
}

/** Rekor v2 and sigstore-go: the host name. A version 1 behind a port has the port in its name. */
function namesOf({ baseUrl }: TrustedLog): readonly string[] {
  const { host, hostname } = URL.canParse(baseUrl) ? new URL(baseUrl) : { host: '', hostname: '' }
  // `localhost:3000` is a URL too, of the scheme `localhost`.
  if (host === '') return [baseUrl]
  return host === hostname ? [host] : [hostname, host]
}
