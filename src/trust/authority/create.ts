import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Clock, Entropy } from '../../base/index.ts'
import { buildIntermediate, buildRoot, parseCertificate } from '../../formats/x509/index.ts'
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
const INTERMEDIATE_YEARS = 5
/** For clients whose clock lags behind. */
const BACKDATED_SECONDS = 300

/**
 * A new root and its intermediate. Only for the first start of an instance: whoever trusts the old root trusts nothing
 * of the new one. The root's key is needed again only for another intermediate.
 */
export function createCertificateAuthority({ clock, entropy, name }: CreationParts): {
  readonly root: AuthorityKey
  readonly intermediate: AuthorityKey
} {
  const start = Math.floor(clock.nowMs() / 1000) - BACKDATED_SECONDS
  const [rootKey, key] = [newKey(), newKey()]
  const root = buildRoot({
    name: { organization: name, commonName: 'wheelseal' },
    key: rootKey.privateKey,
    spki: rootKey.spki,
    serial: randomSerial(entropy),
    notBeforeSeconds: start,
    notAfterSeconds: start + ROOT_YEARS * YEAR_SECONDS,
  })
  const certificate = buildIntermediate({
    name: { organization: name, commonName: 'wheelseal-intermediate' },
    spki: key.spki,
    issuer: parseCertificate(root),
    issuerKey: rootKey.privateKey,
    serial: randomSerial(entropy),
    notBeforeSeconds: start,
    notAfterSeconds: start + INTERMEDIATE_YEARS * YEAR_SECONDS,
  })
  return {
    root: { key: rootKey.privateKey, certificate: root },
    intermediate: { key: key.privateKey, certificate },
  }
}

function newKey(): { privateKey: KeyObject; spki: Uint8Array } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { privateKey, spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) }
}
