/** For tests only: a root, an intermediate and a leaf that are as they should be, made once. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { sha256, utf8 } from '../../base/index.ts'
import { buildIntermediate, buildLeaf, buildRoot, type LeafRequest, type PendingLeaf } from './build.ts'
import type { Certificate } from './certificate.ts'
import { parseCertificate } from './parse-certificate.ts'
import type { SignedCertificateTimestamp } from './sct.ts'

export interface TestKey {
  readonly key: KeyObject
  readonly spki: Uint8Array
}

export const NOW = 1_900_000_000
const YEAR = 31_557_600
const serial = sha256(utf8('serial')).subarray(0, 20).with(0, 0x40)

export function newKey(namedCurve = 'P-256'): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
  return { key: privateKey, spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) }
}

export const rootKey = newKey()
export const intermediateKey = newKey()
export const leafKey = newKey()

export function makeRoot({ key, spki }: TestKey = rootKey): Certificate {
  const name = { organization: 'example.test', commonName: 'root' }
  return parseCertificate(
    buildRoot({ name, key, spki, serial, notBeforeSeconds: NOW - 300, notAfterSeconds: NOW + 10 * YEAR }),
  )
}

export function makeIntermediate(issuer: Certificate, issuerKey: KeyObject = rootKey.key): Certificate {
  return parseCertificate(
    buildIntermediate({
      name: { organization: 'example.test', commonName: 'intermediate' },
      spki: intermediateKey.spki,
      issuer,
      issuerKey,
      serial,
      notBeforeSeconds: NOW - 300,
      notAfterSeconds: NOW + 5 * YEAR,
    }),
  )
}

export function makeLeaf(issuer: Certificate, changes: Partial<LeafRequest> = {}): PendingLeaf {
  return buildLeaf({
    serial,
    notBeforeSeconds: NOW,
    notAfterSeconds: NOW + 600,
    spki: leafKey.spki,
    issuer,
    issuerKey: intermediateKey.key,
    uri: 'https://gitlab.example/group/project//.gitlab-ci.yml@refs/heads/main',
    extensions: [
      { arc: 1, value: 'https://gitlab.example' },
      { arc: 8, value: 'https://gitlab.example' },
    ],
    ...changes,
  })
}

export const sct: SignedCertificateTimestamp = {
  version: 0,
  logId: sha256(utf8('log')),
  timestampMs: NOW * 1000 + 7,
  extensions: new Uint8Array([0, 0, 5, 0, 0, 0, 0, 9]),
  signature: new Uint8Array(70).fill(3),
}

export const root = makeRoot()
export const intermediate = makeIntermediate(root)
export const pending = makeLeaf(intermediate)
export const leaf = parseCertificate(pending.complete([sct]))
