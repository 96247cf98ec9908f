import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Clock, Entropy } from '../../base/index.ts'
import { buildRoot, type IssuedRequest } from './build.ts'
import { parseCertificate } from './parse-certificate.ts'
import type { DistinguishedName } from './names.ts'
import { spkiOf } from './public-key.ts'
import { randomSerial } from './serial.ts'

export interface CertifiedKey {
  /** P-256, private. */
  readonly key: KeyObject
  /** DER. */
  readonly certificate: Uint8Array
}

export interface NewRootRequest {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly rootName: DistinguishedName
  readonly issuedName: DistinguishedName
  /** Makes the certificate that stands under the root. */
  readonly build: (request: IssuedRequest) => Uint8Array
}

const YEAR_SECONDS = 31_557_600
const ROOT_YEARS = 10
const ISSUED_YEARS = 5
/** For clients whose clock lags behind. */
const BACKDATED_SECONDS = 300

/** New keys for a root of ten years and one certificate of five years under it. */
export function newRoot({ clock, entropy, rootName, issuedName, build }: NewRootRequest): {
  readonly root: CertifiedKey
  readonly issued: CertifiedKey
} {
  const notBeforeSeconds = Math.floor(clock.nowMs() / 1000) - BACKDATED_SECONDS
  const [rootKey, issuedKey] = [newKey(), newKey()]
  const root = buildRoot({
    name: rootName,
    key: rootKey.key,
    spki: rootKey.spki,
    serial: randomSerial(entropy),
    notBeforeSeconds,
    notAfterSeconds: notBeforeSeconds + ROOT_YEARS * YEAR_SECONDS,
  })
  const certificate = build({
    name: issuedName,
    spki: issuedKey.spki,
    issuer: parseCertificate(root),
    issuerKey: rootKey.key,
    serial: randomSerial(entropy),
    notBeforeSeconds,
    notAfterSeconds: notBeforeSeconds + ISSUED_YEARS * YEAR_SECONDS,
  })
  return { root: { key: rootKey.key, certificate: root }, issued: { key: issuedKey.key, certificate } }
}

function newKey(): { key: KeyObject; spki: Uint8Array } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { key: privateKey, spki: spkiOf(privateKey) }
}
