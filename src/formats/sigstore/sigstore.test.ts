import { generateKeyPairSync, sign } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBase64, encodeHex, sha256, utf8, utf8Decode, type JsonValue } from '../../base/index.ts'
import { leafHash } from '../merkle/index.ts'
import { certificatePem, parseCertificatesPem, publicKeyPem } from '../x509/index.ts'
import {
  formatEntryUuid,
  formatLogEntry,
  hashedRekordBody,
  parseEntryUuid,
  parseHashedRekord,
  parseLogEntries,
  parseLogEntry,
  proposedHashedRekord,
  readCertificateFile,
  readHashedRekordBody,
  readSignatureFile,
  setSignedBytes,
  writeCertificateFile,
  writeSignatureFile,
  type LogEntry,
} from './index.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
const signature = new Uint8Array(sign('sha256', utf8('file'), privateKey))
const pem = execFileSync(
  'openssl',
  [
    ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256'.split(' '),
    ...'-nodes -keyout /dev/null -subj /CN=a -days 1'.split(' '),
  ],
  { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
)
const der = parseCertificatesPem(pem)[0]!.der
const rekord = { algorithm: 'sha256', digest: sha256(utf8('file')), signature, publicKeyPem: pem } as const
const base64 = (text: string): string => encodeBase64(utf8(text))

/** The proposed entry of cosign 2.2.3 with one member replaced. */
function proposed(path: string, value: unknown): JsonValue {
  const json = structuredClone(proposedHashedRekord(rekord)) as Record<string, unknown>
  const names = path.split('.')
  const last = names.pop()!
  const parent = names.reduce((at, name) => at[name] as Record<string, unknown>, json)
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return json as JsonValue
}
const KEY = 'spec.signature.publicKey.content'

describe('hashedrekord', () => {
  it('has the canonical body of a stock Rekor', () => {
    const [digest, sig, key] = [encodeHex(rekord.digest), encodeBase64(signature), base64(pem)]
    expect(utf8Decode(hashedRekordBody(rekord))).toBe(
      `{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"${digest}"}},` +
        `"signature":{"content":"${sig}","publicKey":{"content":"${key}"}}}}`,
    )
  })

  it.each([
    ['sha256', 32],
    ['sha384', 48],
    ['sha512', 64],
  ] as const)('reads back what it writes, with %s', (algorithm, length) => {
    const entry = { ...rekord, algorithm, digest: new Uint8Array(length).fill(7) }
    expect(readHashedRekordBody(hashedRekordBody(entry))).toEqual(entry)
    expect(parseHashedRekord(proposedHashedRekord(entry))).toEqual(entry)
  })

  it.each([
    ['line breaks CRLF', pem.replaceAll('\n', '\r\n')],
    [
      'one long line cut at 76',
      pem
        .replace(/\n(?!-)/g, '')
        .replace(
          /-----\n?([A-Za-z0-9+/=]+)\n?-----END/,
          (_all, body: string) => `-----\n${body.match(/.{1,76}/g)!.join('\n')}\n-----END`,
        ),
    ],
    ['no line break at the end', pem.trimEnd()],
    ['white space around', `\n  ${pem}\n\n`],
  ])('gives a certificate with %s its canonical spelling', (_name, text) => {
    expect(parseHashedRekord(proposed(KEY, base64(text))).publicKeyPem).toBe(certificatePem(der))
  })

  it('takes a bare public key', () => {
    const key = publicKeyPem(spki)
    expect(parseHashedRekord(proposed(KEY, base64(key.replaceAll('\n', '\r\n')))).publicKeyPem).toBe(key)
  })

  it.each<[string, JsonValue]>([
    ['no object', 'entry'],
    ['null', null],
    ['a list', []],
    ['another kind', proposed('kind', 'rekord')],
    ['another version', proposed('apiVersion', '0.0.2')],
    ['a member that is not known', proposed('extra', 1)],
    ['a member of spec that is not known', proposed('spec.data.url', 'http://x')],
    ['no hash', proposed('spec.data.hash', undefined)],
    ['SHA-1', proposed('spec.data.hash', { algorithm: 'sha1', value: 'a'.repeat(40) })],
    ['a digest of another length', proposed('spec.data.hash.value', 'a'.repeat(96))],
    ['a digest in capitals', proposed('spec.data.hash.value', 'A'.repeat(64))],
    ['a digest that is a number', proposed('spec.data.hash.value', 1)],
    ['an empty signature', proposed('spec.signature.content', '')],
    ['a signature in base64url', proposed('spec.signature.content', '_-==')],
    ['a signature of 9 KiB', proposed('spec.signature.content', 'A'.repeat(9216))],
    ['a key of 65 KiB', proposed(KEY, 'A'.repeat(66_560))],
    ['a key that is no PEM', proposed(KEY, base64('key'))],
    ['a private key', proposed(KEY, base64(pem.replaceAll('CERTIFICATE', 'PRIVATE KEY')))],
    ['two certificates', proposed(KEY, base64(pem + pem))],
    ['a certificate that is none', proposed(KEY, base64(certificatePem(spki)))],
  ])('refuses %s', (_name, json) => {
    expect(() => parseHashedRekord(json)).toThrow(
      expect.objectContaining({ code: 'sigstore.proposed-entry' }),
    )
  })

  it.each([
    ['white space', (text: string) => ` ${text}`],
    ['keys in another order', (text: string) => JSON.stringify(reversed(JSON.parse(text)))],
    ['a duplicate key', (text: string) => text.replace('{', '{"kind":"hashedrekord",')],
    ['another spelling of the key', (text: string) => text.replace(base64(pem), base64(`${pem}\n`))],
    ['more than 128 KiB', (text: string) => text + ' '.repeat(140_000)],
  ])('does not read a logged body with %s', (_name, change) => {
    const body = utf8(change(utf8Decode(hashedRekordBody(rekord))))
    expect(() => readHashedRekordBody(body)).toThrow(
      expect.objectContaining({ code: 'sigstore.proposed-entry' }),
    )
  })

  it('does not read bytes that are not UTF-8', () => {
    const body = new Uint8Array([0x22, 0xff, 0x22])
    expect(() => readHashedRekordBody(body)).toThrow(
      expect.objectContaining({ code: 'sigstore.proposed-entry' }),
    )
  })
})

function reversed(json: Record<string, unknown>): unknown {
  return Object.fromEntries(Object.entries(json).toReversed())
}

const body = hashedRekordBody(rekord)
const entry: LogEntry = {
  uuid: formatEntryUuid(2605736670972794746n, leafHash(body)),
  body,
  integratedTimeSeconds: 1_710_869_186,
  logId: encodeHex(sha256(spki)),
  logIndex: 79_571_823,
  inclusionProof: {
    checkpoint: 'note',
    hashes: [sha256(body)],
    logIndex: 4,
    rootHash: sha256(spki),
    treeSize: 5,
  },
  signedEntryTimestamp: signature,
}

/** An answer with one member of the entry replaced. */
function answer(path: string, value: unknown): JsonValue {
  const json = structuredClone(formatLogEntry(entry)) as Record<string, Record<string, unknown>>
  const names = path.split('.')
  const last = names.pop()!
  const parent = names.reduce((at, name) => at[name] as Record<string, unknown>, json[entry.uuid]!)
  parent[last] = value
  return json as JsonValue
}

describe('log entries', () => {
  it('read back what they write, alone and in a list', () => {
    expect(parseLogEntry(formatLogEntry(entry))).toEqual(entry)
    expect(parseLogEntries([formatLogEntry(entry), formatLogEntry(entry)])).toEqual([entry, entry])
    expect(parseLogEntries([])).toEqual([])
  })

  it('pass over members that they do not know', () => {
    expect(parseLogEntry(answer('attestation', {}))).toEqual(entry)
  })

  it.each<[string, JsonValue]>([
    ['no entry', {}],
    ['two entries', { ...(formatLogEntry(entry) as object), ['0'.repeat(64)]: {} }],
    ['a list', [formatLogEntry(entry)]],
    ['a UUID that is none', { x: Object.values(formatLogEntry(entry) as object)[0] as JsonValue }],
    ['a body that is not base64', answer('body', '*')],
    ['a negative index', answer('logIndex', -1)],
    ['a fractional index', answer('logIndex', 0.5)],
    ['an index beyond 2^53', answer('logIndex', 2 ** 53)],
    ['an index as text', answer('logIndex', '1')],
    ['a log id that is short', answer('logID', 'ab')],
    ['no verification', answer('verification', null)],
    ['no proof', answer('verification.inclusionProof', null)],
    [
      '65 hashes',
      answer(
        'verification.inclusionProof.hashes',
        Array.from({ length: 65 }, () => 'a'.repeat(64)),
      ),
    ],
    ['an empty tree', answer('verification.inclusionProof.treeSize', 0)],
    ['no promise', answer('verification.signedEntryTimestamp', '')],
  ])('refuse %s', (_name, json) => {
    expect(() => parseLogEntry(json)).toThrow(expect.objectContaining({ code: 'sigstore.entry' }))
  })

  it.each<[string, JsonValue]>([
    ['a map', formatLogEntry(entry)],
    ['eleven entries', Array.from({ length: 11 }, () => formatLogEntry(entry))],
  ])('in a list refuse %s', (_name, json) => {
    expect(() => parseLogEntries(json)).toThrow(expect.objectContaining({ code: 'sigstore.entry' }))
  })
})

describe('the signed entry timestamp', () => {
  it('is over sorted keys with the spelling of Rekor', () => {
    const bytes = setSignedBytes({ body: 'Yg==', integratedTime: 2, logId: 'ab', logIndex: 1 })
    expect(utf8Decode(bytes)).toBe('{"body":"Yg==","integratedTime":2,"logID":"ab","logIndex":1}')
  })
})

describe('entry UUIDs', () => {
  it('put the tree id in 16 digits before the leaf hash', () => {
    const hash = sha256(body)
    expect(formatEntryUuid(2605736670972794746n, hash)).toBe(`24296fb24b8ad77a${encodeHex(hash)}`)
    expect(parseEntryUuid(formatEntryUuid(1n, hash))).toEqual({ treeId: 1n, leafHash: hash })
    expect(parseEntryUuid(encodeHex(hash))).toEqual({ treeId: undefined, leafHash: hash })
  })

  it.each([
    '',
    'a'.repeat(63),
    'A'.repeat(64),
    '0'.repeat(80),
    'f'.repeat(80),
    `${'a'.repeat(64)}\n`,
    'g'.repeat(64),
  ])('refuse %j', (text) => expect(parseEntryUuid(text)).toBeUndefined())
})

describe('seal files', () => {
  it('are base64 of the signature, and base64 of the PEM, without line breaks', () => {
    expect(utf8Decode(writeSignatureFile(signature))).toBe(encodeBase64(signature))
    expect(utf8Decode(writeCertificateFile(der))).toBe(base64(pem))
  })

  it.each<[string, (file: Uint8Array) => Uint8Array]>([
    ['as cosign writes it', (file) => file],
    ['with a line break at the end', (file) => utf8(`${utf8Decode(file)}\n`)],
    ['wrapped by base64(1)', (file) => utf8(utf8Decode(file).replaceAll(/.{76}/g, '$&\r\n'))],
  ])('a signature is read %s', (_name, change) => {
    expect(readSignatureFile(change(writeSignatureFile(signature)))).toEqual(signature)
    expect(readCertificateFile(change(writeCertificateFile(der)))).toEqual(der)
  })

  it('are read in their bare forms', () => {
    expect(readSignatureFile(signature)).toEqual(signature)
    expect(readCertificateFile(der)).toEqual(der)
    expect(readCertificateFile(utf8(pem))).toEqual(der)
    expect(readCertificateFile(utf8(pem + pem))).toEqual(der)
  })

  it.each([
    ['nothing', ''],
    ['an error page', '<html>404</html>'],
    ['base64 with spaces', 'MEUC IQ=='],
    ['more than its cap', 'A'.repeat(300_000)],
  ])('refuse %s', (_name, text) => {
    expect(() => readSignatureFile(utf8(text))).toThrow(
      expect.objectContaining({ code: 'sigstore.signature-file' }),
    )
    expect(() => readCertificateFile(utf8(text))).toThrow(
      expect.objectContaining({ code: 'sigstore.certificate-file' }),
    )
  })

  it('throw nothing but their own errors', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(() => readCertificateFile(bytes)).toThrow(
          expect.objectContaining({ code: 'sigstore.certificate-file' }),
        )
      }),
    )
  })
})
