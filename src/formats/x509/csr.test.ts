import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sign } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { encodeBase64, WheelsealError } from '../../base/index.ts'
import {
  derBitString,
  derElement,
  derNull,
  derOid,
  derSequence,
  derSet,
  derSmallInteger,
  derUtf8String,
} from '../der/index.ts'
import { newKey } from './arrange.ts'
import { parseCertificateRequest, parseCertificateRequestPem, provesPossession } from './csr.ts'
import { OID } from './oids.ts'

const { key, spki } = newKey()
const attribute = derSequence(derOid('1.2.840.113549.1.9.7'), derSet(derUtf8String('ignored')))

interface Changes {
  readonly version?: number
  readonly subject?: Uint8Array
  readonly spki?: Uint8Array
  readonly attributes?: readonly Uint8Array[]
  readonly algorithm?: Uint8Array
  readonly signature?: Uint8Array
}

/** A request that is as it should be, but for the changes; signed over what it then says. */
function makeRequest(changes: Changes = {}): Uint8Array {
  const info = derSequence(
    derSmallInteger(changes.version ?? 0),
    changes.subject ?? derSequence(),
    changes.spki ?? spki,
    ...(changes.attributes ?? [derElement(0xa0, attribute)]),
  )
  const signature = changes.signature ?? new Uint8Array(sign('sha256', info, key))
  return derSequence(info, changes.algorithm ?? derSequence(derOid(OID.ecdsaSha256)), derBitString(signature))
}

function pem(der: Uint8Array, label = 'CERTIFICATE REQUEST'): string {
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

const malformed = expect.objectContaining({ code: 'x509.malformed' })

describe('parseCertificateRequest', () => {
  it('gives the key, and proves that its holder asked', () => {
    const request = parseCertificateRequest(makeRequest())
    expect(request.spki).toEqual(spki)
    expect(provesPossession(request)).toBe(true)
  })

  it('takes a request without attributes, as it stands in the schema', () => {
    expect(provesPossession(parseCertificateRequest(makeRequest({ attributes: [derElement(0xa0)] })))).toBe(
      true,
    )
  })

  it.each<[string, Uint8Array]>([
    ['of another version', makeRequest({ version: 1 })],
    ['with a subject that is no name', makeRequest({ subject: derSequence(derNull()) })],
    ['without the attributes field', makeRequest({ attributes: [] })],
    ['with two attributes fields', makeRequest({ attributes: [derElement(0xa0), derElement(0xa0)] })],
    ['with an attribute that is none', makeRequest({ attributes: [derElement(0xa0, derNull())] })],
    [
      'with an attribute without values',
      makeRequest({ attributes: [derElement(0xa0, derSequence(derOid('1.2.3'), derSet()))] }),
    ],
    [
      'with an attribute that goes on after its values',
      makeRequest({
        attributes: [derElement(0xa0, derSequence(derOid('1.2.3'), derSet(derNull()), derNull()))],
      }),
    ],
    [
      'with 17 attributes',
      makeRequest({ attributes: [derElement(0xa0, ...Array.from({ length: 17 }, () => attribute))] }),
    ],
    ['with a key that is none', makeRequest({ spki: derSequence(derNull()) })],
    ['that is followed by something', new Uint8Array([...makeRequest(), 0])],
    ['that is cut', makeRequest().subarray(0, -1)],
    ['that is empty', new Uint8Array()],
    ['of more than 16 KiB', new Uint8Array(16 * 1024 + 1)],
  ])('refuses a request %s', (_what, der) => {
    expect(() => parseCertificateRequest(der)).toThrow(malformed)
  })

  it('refuses with its own error whatever bytes come', () => {
    const good = makeRequest()
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const request = attempt(good.with(at, byte))
        return request === undefined || good[at] === byte || !provesPossession(request)
      }),
      { numRuns: 500 },
    )
  })
})

function attempt(der: Uint8Array) {
  try {
    return parseCertificateRequest(der)
  } catch (error) {
    if (error instanceof WheelsealError && error.code === 'x509.malformed') return undefined
    throw error
  }
}

describe('provesPossession', () => {
  it.each<[string, Changes]>([
    ['by another key', { spki: newKey().spki }],
    ['that is empty', { signature: new Uint8Array() }],
    ['that is not DER', { signature: new Uint8Array(64).fill(1) }],
    ['with another hash than the key’s size has', { algorithm: derSequence(derOid(OID.ecdsaSha384)) }],
    ['of another family', { algorithm: derSequence(derOid(OID.ed25519)) }],
    ['with parameters', { algorithm: derSequence(derOid(OID.ecdsaSha256), derNull()) }],
  ])('is false for a signature %s', (_what, changes) => {
    expect(provesPossession(parseCertificateRequest(makeRequest(changes)))).toBe(false)
  })
})

describe('parseCertificateRequestPem', () => {
  it.each([
    ['LF', pem(makeRequest())],
    ['CRLF', pem(makeRequest()).replaceAll('\n', '\r\n')],
  ])('takes one block with %s', (_what, text) => {
    expect(provesPossession(parseCertificateRequestPem(text))).toBe(true)
  })

  it.each([
    ['nothing', ''],
    ['two blocks', pem(makeRequest()).repeat(2)],
    ['another label', pem(makeRequest(), 'NEW CERTIFICATE REQUEST')],
    ['text before', `Subject:\n${pem(makeRequest())}`],
    ['text after', `${pem(makeRequest())}x`],
    ['base64 of another spelling', pem(makeRequest()).replace(/=*\n-----END/, '====\n-----END')],
    ['no DER', pem(new Uint8Array([1, 2, 3]))],
    ['more than 32 KiB', pem(new Uint8Array(32 * 1024))],
  ])('refuses %s', (_what, text) => {
    expect(() => parseCertificateRequestPem(text)).toThrow(malformed)
  })
})

describe('what OpenSSL makes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'csr-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  function openssl(...options: readonly string[]): string {
    const keyout = join(folder, 'key.pem')
    const common = [
      'req',
      '-new',
      '-nodes',
      '-keyout',
      keyout,
      '-subj',
      '/CN=x',
      '-addext',
      'subjectAltName=DNS:x',
    ]
    return execFileSync('openssl', [...common, ...options], { encoding: 'utf8', stdio: 'pipe' })
  }

  it.each([
    ['P-256', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['P-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384']],
    ['P-521', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521', '-sha512']],
    ['RSA', ['-newkey', 'rsa:2048']],
    ['Ed25519', ['-newkey', 'ed25519']],
  ])('proves possession of a key of kind %s', (_kind, options) => {
    expect(provesPossession(parseCertificateRequestPem(openssl(...options)))).toBe(true)
  })
})
