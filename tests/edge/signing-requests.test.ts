import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  clientKey,
  expectRefused,
  pemOf,
  post,
  proofOver,
  startTokenAuthority,
  SUBJECT,
  type Asked,
  type TokenAuthority,
} from '../support/authority.ts'

let authority: TokenAuthority
beforeAll(async () => {
  authority = await startTokenAuthority()
})
afterAll(() => authority.stop())

const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })

describe('a proof is refused', () => {
  it.each<[string, () => Partial<Asked>]>([
    ['that was made for another token', () => ({ proof: proofOver(SUBJECT.replace('wheels', 'other')) })],
    ['that was made with another key', () => ({ proof: proofOver(SUBJECT, other.privateKey) })],
    ['that is right, beside a key that did not make it', () => ({ key: other.publicKey })],
    ['over the whole token', () => ({ proof: proofOver(authority.known.token()) })],
    ['over nothing', () => ({ proof: proofOver('') })],
    ['with the bytes of another hash', () => ({ proof: signed('sha384').toString('base64') })],
    ['that is not DER', () => ({ proof: signed('sha256', 'ieee-p1363').toString('base64') })],
    ['beside a token of another subject', () => ({ token: authority.known.token({ sub: `${SUBJECT}x` }) })],
  ])('%s', async (_what, asked) => {
    await expectRefused({ ...authority, token: authority.known.token(), ...asked() }, 'authority.proof')
  })
})

function signed(hash: string, dsaEncoding: 'der' | 'ieee-p1363' = 'der'): Buffer {
  return sign(hash, Buffer.from(SUBJECT), { key: clientKey.privateKey, dsaEncoding })
}

interface Keys {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

describe('a key is refused', () => {
  const rsa = (modulusLength: number, publicExponent = 65_537): Keys =>
    generateKeyPairSync('rsa', { modulusLength, publicExponent })
  const ec = (namedCurve: string): Keys => generateKeyPairSync('ec', { namedCurve })

  it.each<[string, Keys]>([
    ['RSA of 1,024 bits', rsa(1024)],
    ['RSA of 2,047 bits', rsa(2047)],
    ['RSA with exponent 3', rsa(2048, 3)],
    ['P-224', ec('secp224r1')],
    ['secp256k1', ec('secp256k1')],
    ['brainpoolP256r1', ec('brainpoolP256r1')],
    ['Ed448', generateKeyPairSync('ed448')],
    ['X25519', { ...clientKey, publicKey: generateKeyPairSync('x25519').publicKey }],
    ['RSA for PSS', generateKeyPairSync('rsa-pss', { modulusLength: 2048 })],
  ])('%s', async (what, { privateKey, publicKey }) => {
    const proof = sign(what === 'Ed448' ? null : 'sha256', Buffer.from(SUBJECT), privateKey)
    const asked = { token: authority.known.token(), key: publicKey, proof: proof.toString('base64') }
    await expectRefused({ ...authority, ...asked }, 'authority.key')
  })
})

/** By OpenSSL, for a key of the curve P-224. */
function weakRequest(): string {
  const words =
    'req -new -newkey ec -pkeyopt ec_paramgen_curve:secp224r1 -nodes -keyout /dev/null -subj /CN=x'
  return execFileSync('openssl', words.split(' '), { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
}

interface Body {
  readonly what: string
  readonly code: string
  readonly status?: number
  readonly type?: string
  readonly body?: string | Buffer
}

describe('a body is refused', () => {
  const deep = '['.repeat(5_000) + ']'.repeat(5_000)
  const shape = { code: 'http.body-shape' }
  const type = { code: 'http.body-type', status: 415, body: '{}' }

  it.each<Body>([
    {
      what: 'of more than 64 KiB',
      code: 'http.body-too-large',
      status: 413,
      body: Buffer.alloc(65_537, 0x20),
    },
    { what: 'that is nested too deep', code: 'base.json', body: deep },
    { what: 'nested too deep where nobody reads', code: 'base.json', body: `{"x":${deep}}` },
    { what: 'with a member twice', code: 'base.json', body: '{"publicKey":1,"publicKey":2}' },
    { what: 'that is empty', code: 'base.json', body: '' },
    { what: 'that is cut', code: 'base.json', body: '{"publicKey":' },
    { what: 'with the member __proto__', code: 'base.json', body: '{"__proto__":{}}' },
    { what: 'that is a text', ...shape, body: '"x"' },
    { what: 'that is null', ...shape, body: 'null' },
    { what: 'that is no UTF-8', ...shape, body: Buffer.from([0x7b, 0xff, 0x7d]) },
    { what: 'without a key', ...shape, body: '{}' },
    { what: 'of another type', ...type, type: 'text/plain' },
    { what: 'that is a form', ...type, type: 'application/x-www-form-urlencoded' },
    { what: 'of a type that begins alike', ...type, type: 'application/json-patch+json' },
    { what: 'without a type', ...type, type: '' },
  ])('$what: $code', async ({ status = 400, code, type: mediaType = 'application/json', body = '' }) => {
    for (const path of ['/api/v1/signingCert', '/api/v2/signingCert']) {
      const headers = { 'content-type': mediaType, authorization: `Bearer ${authority.known.token()}` }
      const answer = await post(authority.server.url + path, headers, body)
      expect(answer, path).toMatchObject({ status, text: expect.stringContaining(`(${code}): `) })
    }
  })

  it('with a certificate request for a key that is not accepted, or with none in it', async () => {
    for (const pem of ['no PEM', pemOf(clientKey.publicKey), weakRequest()]) {
      const certificateSigningRequest = Buffer.from(pem).toString('base64')
      const headers = {
        'content-type': 'application/json',
        authorization: `Bearer ${authority.known.token()}`,
      }
      const url = `${authority.server.url}/api/v2/signingCert`
      const answer = await post(url, headers, JSON.stringify({ certificateSigningRequest }))
      expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('(authority.key): ') })
    }
  })

  it('and the server is as ready as before', async () => {
    expect((await fetch(`${authority.server.url}/readyz`)).status).toBe(200)
  })
})
