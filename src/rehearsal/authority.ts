import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Clock, Entropy } from '../base/index.ts'
import {
  buildServerLeaf,
  buildServerRoot,
  certificatePem,
  parseCertificate,
  randomSerial,
  spkiOf,
} from '../formats/x509/index.ts'

/** What a TLS server needs to be one host. */
export interface ServerCertificate {
  /** PEM. */
  readonly cert: string
  /** PEM, PKCS#8. */
  readonly key: string
}

export interface JobAuthority {
  /** PEM of the root, which the jobs of this rehearsal trust and nobody else. */
  readonly certificate: string
  readonly servers: ReadonlyMap<string, ServerCertificate>
}

/** Longer than any rehearsal; for clients whose clock lags behind, five minutes are in the past. */
const BACKDATED_SECONDS = 300
const LIFETIME_SECONDS = 2 * 86_400
const ORGANIZATION = 'Wheelseal rehearsal'

/**
 * The authority of one rehearsal: a root whose critical name constraints permit `hosts` only, and one certificate for
 * each. No key of it is ever written anywhere, and the root's own is gone when this returns: it signs nothing more.
 */
export function createJobAuthority(
  hosts: readonly string[],
  { clock, entropy }: { readonly clock: Clock; readonly entropy: Entropy },
): JobAuthority {
  const notBeforeSeconds = Math.floor(clock.nowMs() / 1000) - BACKDATED_SECONDS
  const term = { notBeforeSeconds, notAfterSeconds: notBeforeSeconds + LIFETIME_SECONDS }
  const issuerKey = newKey()
  const root = buildServerRoot({
    ...term,
    name: { organization: ORGANIZATION, commonName: 'trusted inside of one rehearsal only' },
    key: issuerKey,
    spki: spkiOf(issuerKey),
    serial: randomSerial(entropy),
    hosts,
  })
  const issuer = parseCertificate(root)
  const serverOf = (host: string): ServerCertificate => {
    const key = newKey()
    const leaf = buildServerLeaf({
      ...term,
      name: { organization: ORGANIZATION, commonName: 'stand-in' },
      spki: spkiOf(key),
      issuer,
      issuerKey,
      serial: randomSerial(entropy),
      host,
    })
    return { cert: certificatePem(leaf), key: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
  }
  return {
    certificate: certificatePem(root),
    servers: new Map(hosts.map((host) => [host, serverOf(host)])),
  }
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}
