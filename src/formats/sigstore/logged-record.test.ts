import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { canonicalJson, encodeBase64, encodeHex, sha256, utf8, type JsonValue } from '../../base/index.ts'
import { signature2, type Json } from '../../verify/attacks/arrange.ts'
import { entry, leaf, newKey, signature } from '../../verify/arrange.ts'
import { certificatePem, publicKeyPem } from '../x509/index.ts'
import { hashedRekordBody, readLoggedRecord } from './index.ts'

const digest = sha256(utf8('x'))
const pem = certificatePem(leaf.der)
const body = (kind: string, apiVersion: string, spec: JsonValue): Uint8Array =>
  utf8(canonicalJson({ apiVersion, kind, spec }))
const hash = (value = encodeHex(digest)): Json => ({ algorithm: 'sha256', value })
const b64 = encodeBase64
const inner = (bytes: Uint8Array): string => b64(utf8(b64(bytes)))

const dsse1 = (changes: Json = {}): Uint8Array =>
  body('dsse', '0.0.1', {
    envelopeHash: hash(),
    payloadHash: hash(),
    signatures: [{ signature: b64(signature), verifier: b64(utf8(pem)) }],
    ...changes,
  })
const intoto2 = (changes: Json = {}): Uint8Array =>
  body('intoto', '0.0.2', {
    content: {
      envelope: {
        payloadType: 'application/vnd.in-toto+json',
        signatures: [{ sig: inner(signature), publicKey: b64(utf8(pem)) }],
        ...changes,
      },
      hash: hash(),
      payloadHash: hash(),
    },
  })
const digest2 = { algorithm: 'SHA2_256', digest: b64(digest) }
const rekord2 = (made: Json = signature2(signature)): Uint8Array =>
  body('hashedrekord', '0.0.2', { hashedRekordV002: { data: digest2, signature: made } })
const dsse2 = (made: Json = [signature2(signature)], payloadHash: Json = digest2): Uint8Array =>
  body('dsse', '0.0.2', { dsseV002: { payloadHash, signatures: made } })
const inOneLine = (text: string): string => text.replaceAll(/([A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/=])/g, '$1')
const malformed = expect.objectContaining({ code: 'sigstore.body' })

describe('readLoggedRecord', () => {
  const verifier = { kind: 'certificate', der: leaf.der }

  it('reads what an entry of Rekor 1 is about', () => {
    expect(readLoggedRecord(entry.body)).toMatchObject({
      kindVersion: 'hashedrekord 0.0.1',
      algorithm: 'sha256',
      signature,
      verifier,
    })
    const about = { payloadSha256: digest, envelopeSha256: digest, signature, verifier }
    expect(readLoggedRecord(dsse1())).toEqual({ kindVersion: 'dsse 0.0.1', ...about })
    expect(readLoggedRecord(intoto2())).toEqual({ kindVersion: 'intoto 0.0.2', ...about })
    const envelope = { payload: utf8('{}'), payloadType: 'application/vnd.in-toto+json' }
    expect(readLoggedRecord(intoto2({ payload: inner(utf8('{}')) }))).toMatchObject({ ...about, envelope })
  })

  it('reads what an entry of Rekor 2 is about', () => {
    expect(readLoggedRecord(rekord2())).toEqual({
      kindVersion: 'hashedrekord 0.0.2',
      algorithm: 'sha256',
      digest,
      signature,
      verifier,
    })
    expect(readLoggedRecord(dsse2())).toEqual({
      kindVersion: 'dsse 0.0.2',
      payloadSha256: digest,
      signature,
      verifier,
    })
  })

  it('reads a public key in the place of a certificate', () => {
    const { spki } = newKey()
    const key = { kind: 'key', spki }
    const one = { algorithm: 'sha256', digest, signature, publicKeyPem: publicKeyPem(spki) } as const
    expect(readLoggedRecord(hashedRekordBody(one)).verifier).toEqual(key)
    const made = {
      content: b64(signature),
      verifier: { keyDetails: 'PKIX_ECDSA_P256_SHA_256', publicKey: { rawBytes: b64(spki) } },
    }
    expect(readLoggedRecord(rekord2(made)).verifier).toEqual(key)
  })

  it('knows the keys of the algorithm registry by their names, and by no other', () => {
    const spkiOf = ({ publicKey }: KeyPairKeyObjectResult): Uint8Array =>
      new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
    const under = (keyDetails: string, spki: Uint8Array): Uint8Array =>
      rekord2({ content: b64(signature), verifier: { keyDetails, publicKey: { rawBytes: b64(spki) } } })
    const rsa = spkiOf(generateKeyPairSync('rsa', { modulusLength: 2048 }))
    expect(readLoggedRecord(under('PKIX_RSA_PKCS1V15_2048_SHA256', rsa)).verifier.kind).toBe('key')
    for (const name of [
      'PKIX_RSA_PKCS1V15_3072_SHA256',
      'PKIX_RSA_PSS_2048_SHA256',
      'PKIX_ECDSA_P256_SHA_256',
      'x',
    ])
      expect(() => readLoggedRecord(under(name, rsa))).toThrow(malformed)
    expect(() => readLoggedRecord(under('PKIX_ECDSA_P256_SHA_256', newKey('P-384').spki))).toThrow(malformed)
  })

  it('knows a key by the name of the hash that its signature is over', () => {
    const { publicKey } = generateKeyPairSync('ed25519')
    const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
    const signed = (keyDetails: string, key: Uint8Array = spki): Json => ({
      content: b64(signature),
      verifier: { keyDetails, publicKey: { rawBytes: b64(key) } },
    })
    const sha512 = { algorithm: 'SHA2_512', digest: b64(new Uint8Array(64)) }
    const file = (made: Json, data: Json): Uint8Array =>
      body('hashedrekord', '0.0.2', { hashedRekordV002: { data, signature: made } })
    expect(readLoggedRecord(file(signed('PKIX_ED25519_PH'), sha512))).toMatchObject({ algorithm: 'sha512' })
    expect(readLoggedRecord(dsse2([signed('PKIX_ED25519')])).verifier.kind).toBe('key')
    const p384 = signed('PKIX_ECDSA_P384_SHA_384', newKey('P-384').spki)
    for (const bytes of [
      file(signed('PKIX_ED25519'), sha512),
      file(signed('PKIX_ED25519_PH'), digest2),
      file(p384, digest2),
      dsse2([signed('PKIX_ED25519_PH')]),
    ])
      expect(() => readLoggedRecord(bytes)).toThrow(malformed)
  })

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['no JSON', utf8('x')],
    ['another spelling', utf8(` ${Buffer.from(dsse1()).toString()}`)],
    ['another kind', body('rekord', '0.0.1', {})],
    ['another version', body('dsse', '0.0.3', {})],
    ['the name of something that every object has', body('constructor', '', {})],
    [
      'two signatures',
      dsse1({ signatures: [1, 2].map(() => ({ signature: b64(signature), verifier: b64(utf8(pem)) })) }),
    ],
    ['no signature', dsse2([])],
    ['two signatures of version 2', dsse2([signature2(signature), signature2(signature)])],
    [
      'a payload hash by SHA-512',
      dsse2([signature2(signature)], { algorithm: 'SHA2_512', digest: b64(new Uint8Array(64)) }),
    ],
    ['a member that nobody knows', dsse1({ more: 1 })],
    ['a hash that is not one of SHA-256', dsse1({ payloadHash: hash('ab') })],
    [
      'two certificates',
      dsse1({ signatures: [{ signature: b64(signature), verifier: b64(utf8(pem + pem)) }] }),
    ],
    ['a payload in base64 once', intoto2({ payload: b64(utf8('{"a":1}')) })],
    [
      'a signature in base64 once',
      intoto2({ signatures: [{ sig: b64(signature), publicKey: b64(utf8(pem)) }] }),
    ],
    [
      'a hashedrekord whose certificate has no line break at its end',
      hashedRekordBody({ algorithm: 'sha256', digest, signature, publicKeyPem: pem.trimEnd() }),
    ],
    [
      'a hashedrekord with a certificate in one line',
      hashedRekordBody({ algorithm: 'sha256', digest, signature, publicKeyPem: inOneLine(pem) }),
    ],
    [
      'a certificate and a key',
      rekord2({
        content: b64(signature),
        verifier: { ...signature2(signature).verifier, publicKey: { rawBytes: b64(newKey().spki) } },
      }),
    ],
  ])('refuses %s', (_what, bytes) => {
    expect(() => readLoggedRecord(bytes)).toThrow(malformed)
  })
})
