import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { concatBytes, encodeHex, sha256, utf8, type Clock } from '../../base/index.ts'
import {
  messageImprint,
  parseTimestampResponse,
  verifyTimestamp,
  type TimestampRequest,
} from '../../formats/timestamp/index.ts'
import {
  authorityKeyId,
  basicConstraints,
  certificatePem,
  extendedKeyUsages,
  keyUsages,
  parseCertificate,
  subjectKeyId,
} from '../../formats/x509/index.ts'
import { systemEntropy } from '../../host/index.ts'
import { createTimestampAuthority, createTsa } from './index.ts'

const NOW = 1_900_000_000
const clockAt = (seconds: number): Clock => ({
  nowMs: () => seconds * 1000 + 999,
  sleep: () => Promise.reject(new Error('no sleep')),
})
const ports = { clock: clockAt(NOW), entropy: systemEntropy }
const made = createTimestampAuthority({ ...ports, name: 'gitlab.example' })
const chain = [made.leaf.certificate, made.root.certificate]
const [leaf, root] = [parseCertificate(made.leaf.certificate), parseCertificate(made.root.certificate)]
const tsa = createTsa({ ...ports, chain, key: made.leaf.key })

const message = utf8('the bytes of a signature')
const request: TimestampRequest = {
  imprint: messageImprint('sha256', sha256(message)),
  policy: undefined,
  nonce: undefined,
  wantsCertificates: false,
  extensionOids: [],
}
const tokenOf = (der: Uint8Array) => {
  const response = parseTimestampResponse(der)
  if (!response.isGranted) throw new Error('not granted')
  return response.token
}

describe('createTimestampAuthority', () => {
  it('makes a certificate for time stamping alone, under a root of its own', () => {
    const purpose = leaf.extensions.find(({ oid }) => oid === '2.5.29.37')
    expect([extendedKeyUsages(leaf), purpose?.isCritical]).toEqual([['1.3.6.1.5.5.7.3.8'], true])
    expect([...(keyUsages(leaf) ?? [])]).toEqual(['digitalSignature'])
    expect([basicConstraints(leaf).isAuthority, basicConstraints(root).isAuthority]).toEqual([false, true])
    expect(authorityKeyId(leaf)).toEqual(subjectKeyId(root))
    expect([root.isSelfIssued, leaf.issuerDer]).toEqual([true, root.subjectDer])
    expect(leaf.notAfterSeconds - NOW).toBeGreaterThan(4 * 365 * 86_400)
  })

  it('satisfies OpenSSL in its strict mode', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wheelseal-tsa-'))
    const [trusted, file] = [join(folder, 'root.pem'), join(folder, 'leaf.pem')]
    writeFileSync(trusted, certificatePem(root.der))
    writeFileSync(file, certificatePem(leaf.der))
    const options = ['-x509_strict', '-check_ss_sig', '-purpose', 'timestampsign', '-attime', String(NOW)]
    try {
      expect(execFileSync('openssl', ['verify', ...options, '-CAfile', trusted, file]).toString()).toContain(
        ': OK',
      )
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('createTsa', () => {
  it('stamps the second that its clock is in', () => {
    const response = parseTimestampResponse(tsa.timestamp(request))
    expect(verifyTimestamp({ response, stamped: { message }, chain: [leaf, root] })).toEqual({
      ok: true,
      timeSeconds: NOW,
    })
  })

  it('repeats nonce and imprint, and names its policy', () => {
    const nonce = new Uint8Array([0xff, 0, 1])
    const { info } = tokenOf(tsa.timestamp({ ...request, nonce }))
    expect([info.nonce, info.imprint, info.policy]).toEqual([nonce, request.imprint, '1.3.6.1.4.1.57264.2'])
  })

  it('sends its certificate along where it is asked to, and never its root', () => {
    expect(tokenOf(tsa.timestamp(request)).certificates).toEqual([])
    const asked = tsa.timestamp({ ...request, wantsCertificates: true })
    expect(tokenOf(asked).certificates).toEqual([leaf.der])
  })

  it('gives every timestamp a serial number of 160 bits', () => {
    const serials = Array.from({ length: 20 }, () => tokenOf(tsa.timestamp(request)).info.serial)
    expect(new Set(serials.map(encodeHex)).size).toBe(20)
    expect(serials.every(({ length }) => length === 20)).toBe(true)
  })

  const hashed = (hashOid: string, digest: Uint8Array): Partial<TimestampRequest> => ({
    imprint: { ...request.imprint, hashOid, digest },
  })
  it.each<[string, Partial<TimestampRequest>, string, string]>([
    ['SHA-1', hashed('1.3.14.3.2.26', new Uint8Array(20)), 'tsa.hash', 'badAlg'],
    ['MD5', hashed('1.2.840.113549.2.5', new Uint8Array(16)), 'tsa.hash', 'badAlg'],
    ['SHA-224', hashed('2.16.840.1.101.3.4.2.4', new Uint8Array(28)), 'tsa.hash', 'badAlg'],
    [
      'a short digest',
      { imprint: messageImprint('sha256', new Uint8Array(31)) },
      'tsa.digest',
      'badDataFormat',
    ],
    [
      'a long digest',
      { imprint: messageImprint('sha512', new Uint8Array(65)) },
      'tsa.digest',
      'badDataFormat',
    ],
    ['no digest', { imprint: messageImprint('sha384', new Uint8Array()) }, 'tsa.digest', 'badDataFormat'],
    ['another policy', { policy: '1.3.6.1.4.1.57264.1' }, 'tsa.policy', 'unacceptedPolicy'],
    ['an extension', { extensionOids: ['1.2.3'] }, 'tsa.extension', 'unacceptedExtension'],
  ])('refuses %s', (...[, changes, code, failure]) => {
    const refused = { ...request, ...changes }
    expect(() => tsa.timestamp(refused)).toThrow(expect.objectContaining({ code }))
    expect(parseTimestampResponse(tsa.answer(refused))).toEqual({
      isGranted: false,
      status: 2,
      text: expect.stringContaining(`(${code})`) as string,
      failures: [failure],
    })
  })

  it.each([leaf.notBeforeSeconds - 1, leaf.notAfterSeconds + 1])('refuses to stamp at %i', (seconds) => {
    const late = createTsa({ ...ports, clock: clockAt(seconds), chain, key: made.leaf.key })
    const broken = expect.objectContaining({ code: 'tsa.validity', status: 503, lasts: true })
    expect(() => late.timestamp(request)).toThrow(broken)
    expect(() => late.answer(request)).toThrow(broken)
  })

  const other = createTimestampAuthority({ ...ports, name: 'gitlab.example' })
  it.each([
    ['another key', chain, other.leaf.key],
    ['another root', [leaf.der, other.root.certificate], made.leaf.key],
    ['no root', [leaf.der], made.leaf.key],
    ['a root in the place of the leaf', [root.der, root.der], made.root.key],
    ['nothing', [], made.leaf.key],
  ])('refuses to start with %s', (...[, certificates, key]) => {
    expect(() => createTsa({ ...ports, chain: certificates, key })).toThrow(
      expect.objectContaining({ code: 'tsa.chain' }),
    )
  })

  it('refuses to start with bytes that are no certificate', () => {
    const damaged = concatBytes(leaf.der, new Uint8Array(1))
    expect(() => createTsa({ ...ports, chain: [damaged, root.der], key: made.leaf.key })).toThrow(
      expect.objectContaining({ code: 'x509.malformed' }),
    )
  })
})
