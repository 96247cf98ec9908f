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

const key = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))

/** Public keys that OpenSSL makes, and BoringSSL, the library of the executable's runtime, does not. */
export const foreignKeys = {
  dsa: key(
    'MIIBtjCCASsGByqGSM44BAEwggEeAoGBAIGdKY8j5Fekmh/OLx8W+af6eZ6elCxs2+gcsVVHWlRcyzaVrHuPeyumL7JfSOfBpnU2YKK+oRGpe09bmTPu6hzcGhM/7Cdv4LMoqVp8b2q9lsApCjy2yO8bQ/2uccpiGydpjiQIHc4lvEZNwkdmh6aHRjibFtEvBMk+avPLEkRhAhUA7uoS7qzBCyvTpTh/PxCyzeKu/ysCgYAyruRX/BMnrfJAWqWoTKi2anxl1WGoDeQCVeXfQ9HhDB1syIZoOCpqw5uvHX+3ZKefQwZx8HIPxRNTRg8iZB8Ad3m26+Wb/wjk6o1m6KglNzaa9eI64Rw4QjSOQmtRUAVmn1/KevSBOfEdZVCbLDzP7okXsdrZHi09Q2qnWuDeGwOBhAACgYAD0xtvBjfb/770wSRFfWz66vNCAn32UucX0x6rlPy5gfx77adbOavduSUYFtaX2sova1CIcQnnCQy1w3p1AS1RyaFGVL3ZDqF7Fpd4vyG0cT+XsknVIIrqK0KYdOAahLwBhTQG2kWJKz89PbPuviUr62znflWFg2E6GfS9Fpyiww==',
  ),
  rsaPss: key(
    'MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBALiB/QOlF++K24OuFXdw7FywPAE4GPkrSTvEWdeqpLrlb55i0s4C6a+LwgAz8J+CCRZjwu1lg2BvAztCED/NlsHXwsVjh/e50F91GpKmNX7VF1GY94wqd0T7CWMrfLxDdyRVv7kMXyJ30Wqaw10I/X0Qv+GRqBB99kRRNaCWSxBDUggpDoSAiG0W3B7Ws8qPy+dAL4NnvMjyJySW+6gAnxcUjOcMGj7mNH2/re6cJ0gbR3pTJrLgURNoxwfn6XX2xXYwMFH6yWxGhXPxQdi/0b/jvA1iW8E6lnpSkOOQZ4UyDShRNab+6J7oUTsRQ6BGy/tNAtrEzUFLZr7RFhOS7+kCAwEAAQ==',
  ),
  secp256k1: key(
    'MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEIPdlb3q6gO7/vFl8IzKjnsbbC666mDYuAoEKfYsoCqUsRquOvlmjz1EWzqa3blH10mLhpSRprcGjVzt/k1QVyw==',
  ),
  explicitCurve: key(
    'MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABIUZvkRRUKv4m4Nh8zCfRG7zGTk+qm3AokcJf8pQETMsS6fSLcDcBt5pIwR3+2bh31TqOEC6l15WKe4HyuuV1Qs=',
  ),
} as const
