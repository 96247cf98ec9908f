/** The authority that a stock Fulcio signs with, as files. */
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  buildIntermediate,
  buildRoot,
  certificatePem,
  parseCertificate,
  randomSerial,
  spkiOf,
} from '../src/formats/x509/index.ts'
import { systemClock, systemEntropy } from '../src/host/index.ts'

export interface AuthorityFiles {
  /** PEM: the intermediate, then the root. */
  readonly chain: string
  /** PKCS #8 in PEM. */
  readonly key: string
}

const LIFETIME_SECONDS = 86_400

/** That of an instance of ours, P-256. */
export function ourAuthority(data: string): AuthorityFiles {
  return { chain: join(data, 'certificates', 'authority.pem'), key: join(data, 'keys', 'intermediate.pem') }
}

/** P-384, as Sigstore's public instance and Fulcio's own guides have it. */
export function usualAuthority(work: string): AuthorityFiles {
  const files = { chain: join(work, 'p384.pem'), key: join(work, 'p384.key.pem') }
  const notBeforeSeconds = Math.floor(systemClock.nowMs() / 1000) - 60
  const lifetime = { notBeforeSeconds, notAfterSeconds: notBeforeSeconds + LIFETIME_SECONDS }
  const [rootKey, key] = [newKey(), newKey()]
  const name = (commonName: string) => ({ organization: 'bench', commonName })
  const root = buildRoot({
    ...lifetime,
    name: name('root'),
    key: rootKey,
    spki: spkiOf(rootKey),
    serial: randomSerial(systemEntropy),
  })
  const intermediate = buildIntermediate({
    ...lifetime,
    name: name('intermediate'),
    spki: spkiOf(key),
    issuer: parseCertificate(root),
    issuerKey: rootKey,
    serial: randomSerial(systemEntropy),
  })
  writeFileSync(files.chain, certificatePem(intermediate) + certificatePem(root))
  writeFileSync(files.key, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return files
}

function newKey() {
  return generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
}
