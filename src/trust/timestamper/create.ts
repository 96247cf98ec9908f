import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Clock, Entropy } from '../../base/index.ts'
import { buildTimestampLeaf } from '../../formats/timestamp/index.ts'
import { buildRoot, parseCertificate } from '../../formats/x509/index.ts'
import { randomSerial } from './serial.ts'

export interface CreationParts {
  readonly clock: Clock
  readonly entropy: Entropy
  /** The organization in both certificates, for people to tell installations apart: the host of the external URL. */
  readonly name: string
}

export interface AuthorityKey {
  /** P-256, private. */
  readonly key: KeyObject
  /** DER. */
  readonly certificate: Uint8Array
}

const YEAR_SECONDS = 31_557_600
const ROOT_YEARS = 10
const LEAF_YEARS = 5
/** For clients whose clock lags behind. */
const BACKDATED_SECONDS = 300

/**
 * A new root and the certificate that signs timestamps. Only for the first start of an instance. Its root is not that
 * of the certificate authority: whoever holds that key must not be able to say when something was signed.
 */
export function createTimestampAuthority({ clock, entropy, name }: CreationParts): {
  readonly root: AuthorityKey
  readonly leaf: AuthorityKey
} {
  const start = Math.floor(clock.nowMs() / 1000) - BACKDATED_SECONDS
  const [rootKey, leafKey] = [newKey(), newKey()]
  const root = buildRoot({
    name: { organization: name, commonName: 'wheelseal-tsa-root' },
    key: rootKey.privateKey,
    spki: rootKey.spki,
    serial: randomSerial(entropy),
    notBeforeSeconds: start,
    notAfterSeconds: start + ROOT_YEARS * YEAR_SECONDS,
  })
  const certificate = buildTimestampLeaf({
    name: { organization: name, commonName: 'wheelseal-tsa' },
    spki: leafKey.spki,
    issuer: parseCertificate(root),
    issuerKey: rootKey.privateKey,
    serial: randomSerial(entropy),
    notBeforeSeconds: start,
    notAfterSeconds: start + LEAF_YEARS * YEAR_SECONDS,
  })
  return {
    root: { key: rootKey.privateKey, certificate: root },
    leaf: { key: leafKey.privateKey, certificate },
  }
}

function newKey(): { privateKey: KeyObject; spki: Uint8Array } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { privateKey, spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) }
}
