/** Requests as clients make them, signed before any clock starts; the same bodies go to both sides. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { decodeBase64Url, encodeBase64, sha256, utf8 } from '../src/base/index.ts'
import {
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSmallInteger,
  derUnsigned,
} from '../src/formats/der/index.ts'
import { proposedHashedRekord } from '../src/formats/sigstore/index.ts'
import { publicKeyPem } from '../src/formats/x509/index.ts'
import type { Request } from './http-bytes.ts'

export interface Certified {
  readonly key: KeyObject
  readonly certificatePem: string
}

const JSON_TYPE = { 'Content-Type': 'application/json' }
const SHA256 = '2.16.840.1.101.3.4.2.1'

/** A new key for every certificate, as cosign makes one for every signature (Fulcio's v2 API). */
export function certificateRequest(token: string): { readonly key: KeyObject; readonly request: Request } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = publicKeyPem(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })))
  const proof = new Uint8Array(sign('sha256', utf8(subjectOf(token)), privateKey))
  const body = {
    publicKeyRequest: {
      publicKey: { algorithm: 'ECDSA', content: pem },
      proofOfPossession: encodeBase64(proof),
    },
  }
  const headers = { ...JSON_TYPE, Authorization: `Bearer ${token}` }
  const request = {
    method: 'POST',
    path: '/api/v2/signingCert',
    headers,
    body: utf8(JSON.stringify(body)),
  } as const
  return { key: privateKey, request }
}

/** A hashedrekord 0.0.1 over a random file. */
export function entryRequest({ key, certificatePem }: Certified): Request {
  const file = randomBytes(32)
  const entry = proposedHashedRekord({
    algorithm: 'sha256',
    digest: sha256(file),
    signature: new Uint8Array(sign('sha256', file, key)),
    publicKeyPem: certificatePem,
  })
  return {
    method: 'POST',
    path: '/api/v1/log/entries',
    headers: JSON_TYPE,
    body: utf8(JSON.stringify(entry)),
  }
}

export interface TimestampQuery {
  readonly digest: Uint8Array
  readonly request: Request
}

/** RFC 3161 §2.4.1 with a nonce, asking for no certificates. */
export function timestampQuery(): TimestampQuery {
  const digest = new Uint8Array(randomBytes(32))
  const imprint = derSequence(derSequence(derOid(SHA256), derNull()), derOctetString(digest))
  const body = derSequence(derSmallInteger(1), imprint, derUnsigned(digest.subarray(0, 8)))
  const headers = { 'Content-Type': 'application/timestamp-query' }
  return { digest, request: { method: 'POST', path: '/api/v1/timestamp', headers, body } }
}

function subjectOf(token: string): string {
  const claims = Buffer.from(decodeBase64Url(token.split('.')[1] ?? '')).toString()
  return (JSON.parse(claims) as { sub: string }).sub
}
