import { execFileSync } from 'node:child_process'
import { hash, type BinaryLike } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeBase64, encodeHex, utf8, type Clock, type Log } from '../base/index.ts'
import { parseTimestampResponse, verifyTimestamp } from '../formats/timestamp/index.ts'
import { certificatePem, parseCertificatesPem } from '../formats/x509/index.ts'
import { silentLog, systemEntropy } from '../host/index.ts'
import { createTimestampAuthority, createTsa } from '../trust/tsa/index.ts'
import { timestampRoutes } from './timestamp.ts'

const NOW = 1_900_000_000
const clockAt = (seconds: number): Clock => ({
  nowMs: () => seconds * 1000,
  sleep: () => Promise.reject(new Error('no sleep')),
})
const made = createTimestampAuthority({ clock: clockAt(NOW), entropy: systemEntropy, name: 'gitlab.example' })
const chain = [made.leaf.certificate, made.root.certificate]
const makeApp = ({ log = silentLog, seconds = NOW }: { log?: Log; seconds?: number } = {}) =>
  timestampRoutes(
    createTsa({ clock: clockAt(seconds), entropy: systemEntropy, chain, key: made.leaf.key }),
    log,
  )

const message = 'the bytes of a signature'
const digestOf = (algorithm: string, data: BinaryLike = message): string =>
  Buffer.from(hash(algorithm, data, 'buffer')).toString('base64')
const query = { artifactHash: digestOf('sha256'), hashAlgorithm: 'sha256' }
const DER = 'application/timestamp-query'

let folder = ''
const at = (name: string): string => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wheelseal-timestamp-'))
  writeFileSync(at('message'), message)
  writeFileSync(at('root.pem'), certificatePem(made.root.certificate))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const opensslQuery = (...flags: readonly string[]): Uint8Array<ArrayBuffer> => {
  const args = ['ts', '-query', '-data', at('message'), '-out', at('q.tsq'), ...flags]
  execFileSync('openssl', args, { stdio: 'ignore' })
  return new Uint8Array(readFileSync(at('q.tsq')))
}
const post = (body: string | Uint8Array<ArrayBuffer>, type = 'application/json', app = makeApp()) =>
  app.request('/api/v1/timestamp', { method: 'POST', headers: { 'content-type': type }, body })
const postJson = (changes: object) => post(JSON.stringify({ ...query, ...changes }))
const bytesOf = async (response: Response): Promise<Uint8Array> =>
  new Uint8Array(await response.arrayBuffer())

describe('POST /api/v1/timestamp', () => {
  it.each([['-sha256'], ['-sha384'], ['-sha512', '-no_nonce']])(
    'answers a query of OpenSSL (%s) with what OpenSSL verifies',
    async (...flags) => {
      const response = await post(opensslQuery('-cert', ...flags), DER)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('application/timestamp-reply')
      writeFileSync(at('r.tsr'), await bytesOf(response))
      const args = ['-in', at('r.tsr'), '-queryfile', at('q.tsq'), '-CAfile', at('root.pem')]
      const verified = execFileSync('openssl', ['ts', '-verify', ...args, '-attime', String(NOW)], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      expect(verified.toString().trim()).toBe('Verification: OK')
    },
  )

  it.each(['sha256', 'sha384', 'sha512'])('answers a JSON query for %s', async (hashAlgorithm) => {
    const response = await postJson({ hashAlgorithm, artifactHash: digestOf(hashAlgorithm) })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/timestamp-reply')
    const result = verifyTimestamp({
      response: parseTimestampResponse(await bytesOf(response)),
      stamped: { message: utf8(message) },
      chain: parseCertificatesPem(chain.map(certificatePem).join('')),
    })
    expect(result).toEqual({ ok: true, timeSeconds: NOW })
  })

  it.each([
    ['0', '00'],
    ['255', 'ff'],
    ['12345678901234567890', 'ab54a98ceb1f0ad2'],
    ['9'.repeat(77), BigInt('9'.repeat(77)).toString(16)],
  ])('repeats the nonce %s of a JSON query', async (nonce, hex) => {
    const response = await post(`{"nonce": ${nonce},${JSON.stringify(query).slice(1)}`)
    const parsed = parseTimestampResponse(await bytesOf(response))
    expect(parsed.isGranted && encodeHex(parsed.token.info.nonce ?? utf8('none'))).toBe(hex)
  })

  it('sends certificates to a JSON query that asks for them', async () => {
    const parsed = parseTimestampResponse(await bytesOf(await postJson({ certificates: true })))
    expect(parsed.isGranted && parsed.token.certificates).toEqual([made.leaf.certificate])
  })

  it.each([
    ['the policy by its name', { tsaPolicyOID: '1.3.6.1.4.1.57264.2' }],
    ['members without value', { certificates: null, nonce: null, tsaPolicyOID: '' }],
  ])('takes %s', async (_name, changes) => {
    expect((await postJson(changes)).status).toBe(200)
  })

  it('refuses a DER query in the words of RFC 3161', async () => {
    const response = await post(opensslQuery('-sha1'), DER)
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/timestamp-reply',
    ])
    expect(parseTimestampResponse(await bytesOf(response))).toMatchObject({
      isGranted: false,
      failures: ['badAlg'],
    })
  })

  const refusal = async (response: Response, status: number): Promise<string> => {
    expect(response.status).toBe(status)
    const { code, message: text } = (await response.json()) as { code: number; message: string }
    expect(code).toBe(status)
    return text
  }

  it.each([
    ['SHA-1', { hashAlgorithm: 'sha1', artifactHash: digestOf('sha1') }, 'tsa.hash'],
    ['a hash in capitals', { hashAlgorithm: 'SHA256' }, 'tsa.hash'],
    ['a digest of another hash', { artifactHash: digestOf('sha384') }, 'tsa.digest'],
    ['a digest in hex', { artifactHash: 'ab'.repeat(32) + '=' }, 'not canonical base64'],
    ['no digest', { artifactHash: undefined }, 'artifactHash is missing'],
    ['another policy', { tsaPolicyOID: '1.2.3' }, 'tsa.policy'],
    ['certificates by another word', { certificates: 'yes' }, 'certificates must be boolean'],
    ['a negative nonce', { nonce: -1 }, 'nonce is not a whole number'],
    ['a broken nonce', { nonce: 1.5 }, 'nonce is not a whole number'],
    ['a nonce that is text', { nonce: '1' }, 'nonce must be number'],
    ['a member that is not known', { more: { nonce: 2 } }, 'more is not a known field'],
  ])('answers 400 to a JSON query with %s', async (_name, changes, text) => {
    expect(await refusal(await postJson(changes), 400)).toContain(text)
  })

  it.each([
    ['text that is no JSON', 'x'],
    ['an array', '[]'],
    ['a key twice', `{"nonce":1,"nonce":2,${JSON.stringify(query).slice(1)}`],
    ['bytes that are not UTF-8', new Uint8Array([0xff])],
    ['a nonce beyond 77 digits', `{"nonce":1${'0'.repeat(77)},${JSON.stringify(query).slice(1)}`],
    ['a nonce in scientific notation', `{"nonce":1e3,${JSON.stringify(query).slice(1)}`],
    ['deep nesting', '['.repeat(2000)],
  ])('answers 400 to %s', async (_name, body) => {
    expect(await refusal(await post(body), 400)).not.toBe('')
  })

  it.each([
    ['nothing', new Uint8Array()],
    ['JSON', utf8(JSON.stringify(query))],
    ['a cut query', () => opensslQuery('-sha256').slice(0, -1)],
    ['a query and a byte', () => new Uint8Array([...opensslQuery('-sha256'), 0])],
  ])('answers 400 to %s in the place of DER', async (_name, body) => {
    const bytes = Uint8Array.from(typeof body === 'function' ? body() : body)
    expect(await refusal(await post(bytes, DER), 400)).toContain('timestamp.malformed')
  })

  it.each(['application/json', DER])('answers 413 to more than 4 KiB of %s', async (type) => {
    expect(await refusal(await post('x'.repeat(4097), type), 413)).toContain('http.body-too-large')
  })

  it.each(['text/plain', 'application/timestamp-reply', ''])('answers 415 to %j', async (type) => {
    expect(await refusal(await post('x', type), 415)).toContain('http.body-type')
  })

  it.each(['application/json', DER])(
    'answers 503 with the reason to %s when its certificate has expired, and the log has it too',
    async (type) => {
      const failed: string[] = []
      const log: Log = { event: () => undefined, failure: (name) => failed.push(name) }
      const app = makeApp({ log, seconds: NOW + 6 * 31_557_600 })
      const body = type === DER ? opensslQuery('-sha256') : JSON.stringify(query)
      expect(await refusal(await post(body, type, app), 503)).toContain(
        'the timestamp authority is valid from',
      )
      expect(failed).toEqual(['tsa.validity'])
    },
  )
})

describe('GET /api/v1/timestamp/certchain', () => {
  it('answers with the chain, the certificate that signs first', async () => {
    const response = await makeApp().request('/api/v1/timestamp/certchain')
    expect(response.headers.get('content-type')).toBe('application/pem-certificate-chain')
    const certificates = parseCertificatesPem(await response.text())
    expect(certificates.map(({ der }) => encodeBase64(der))).toEqual(chain.map(encodeBase64))
  })
})
