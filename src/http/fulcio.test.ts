import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { concatBytes, encodeBase64, encodeBase64Url, utf8, type Clock, type Log } from '../base/index.ts'
import { sct } from '../formats/x509/arrange.ts'
import { checkChain, parseCertificatesPem, publicKeyPem } from '../formats/x509/index.ts'
import { silentLog, systemEntropy } from '../host/index.ts'
import { makeClaims, NOW, subject } from '../identity/arrange.ts'
import { verifyIdToken } from '../identity/index.ts'
import { createAuthority, createCertificateAuthority } from '../trust/authority/index.ts'
import { createIssuer, createKeyRing } from '../trust/issuer/index.ts'
import { fulcioRoutes } from './fulcio.ts'

const url = 'https://gitlab.example'
const clock: Clock = { nowMs: () => NOW * 1000, sleep: () => Promise.reject(new Error('no sleep')) }
const ports = { clock, entropy: systemEntropy }
const made = createCertificateAuthority({ ...ports, name: 'gitlab.example' })
const issuerKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ring = createKeyRing({ current: issuerKey.privateKey })
const issuer = createIssuer({ ...ports, url, keys: () => ring })
const checks = {
  audience: 'sigstore',
  clock,
  issuers: (iss: string) => (iss === url ? issuer.publicKey : undefined),
}

function makeApp({ log = silentLog, addPrecertificate = () => Promise.resolve(sct) } = {}) {
  const authority = createAuthority({
    ...ports,
    chain: [made.intermediate.certificate, made.root.certificate],
    key: made.intermediate.key,
    ct: { addPrecertificate },
    verifyToken: (token) => verifyIdToken(token, checks),
  })
  return fulcioRoutes(authority, log)
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spkiOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: 'spki', format: 'der' }))
const { sub } = makeClaims()
const keyContent = encodeBase64(utf8(publicKeyPem(spkiOf(publicKey))))
const proof = sign('sha256', utf8(sub), privateKey).toString('base64')
const body = {
  publicKey: { content: keyContent },
  signedEmailAddress: proof,
  certificateSigningRequest: null,
}
let token = ''
beforeAll(async () => {
  token = (await issuer.mint(subject, { audience: 'sigstore', lifetimeSeconds: 3600 })).reveal()
})

interface RequestChanges {
  readonly authorization?: string
  readonly type?: string
  readonly raw?: string | Uint8Array<ArrayBuffer>
  readonly json?: unknown
}
const post = (changes: RequestChanges = {}, app = makeApp()): Promise<Response> | Response =>
  app.request('/api/v1/signingCert', {
    method: 'POST',
    headers: {
      authorization: changes.authorization ?? `Bearer ${token}`,
      'content-type': changes.type ?? 'application/json',
    },
    body: changes.raw ?? JSON.stringify(changes.json ?? body),
  })

interface GatewayError {
  readonly code: number
  readonly message: string
  readonly details: readonly unknown[]
}
async function refusal(changes: RequestChanges, status = 400): Promise<string> {
  const response = await post(changes)
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toContain('application/json')
  const { code, message, details } = (await response.json()) as GatewayError
  expect([code, details]).toEqual([3, []])
  return message
}

describe('POST /api/v1/signingCert', () => {
  it('answers 201 with leaf, intermediate and root in PEM', async () => {
    const response = await post()
    expect(response.status).toBe(201)
    expect(response.headers.get('content-type')).toBe('application/pem-certificate-chain')
    const [leaf, intermediate, root] = parseCertificatesPem(await response.text())
    const parts = { leaf: leaf!, intermediates: [intermediate!], roots: [root!], atSeconds: NOW }
    expect(checkChain(parts).ok).toBe(true)
  })

  it('tells the log who was certified, and nothing secret', async () => {
    const lines: string[] = []
    const log: Log = {
      event: (name, fields) => lines.push(JSON.stringify([name, fields])),
      failure: () => undefined,
    }
    await post({}, makeApp({ log }))
    expect(lines).toEqual([
      '["certificate.issued",{"san":"https://gitlab.example/group/project//.gitlab-ci.yml@refs/heads/main"}]',
    ])
  })

  it.each([
    ['an algorithm beside the key', { ...body, publicKey: { content: keyContent, algorithm: 'ecdsa' } }],
    ['a field that is not known', { ...body, chain: [] }],
    ['no mention of signing requests', { publicKey: body.publicKey, signedEmailAddress: proof }],
  ])('takes %s', async (_name, json) => {
    expect((await post({ json })).status).toBe(201)
  })

  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const pemContent = (spki: Uint8Array): string => encodeBase64(utf8(publicKeyPem(spki)))
  it.each([
    ['no object', [], 'the body is not an object'],
    ['no key', { ...body, publicKey: undefined }, 'publicKey is not an object'],
    ['a key that is text', { ...body, publicKey: keyContent }, 'publicKey is not an object'],
    ['a key without content', { ...body, publicKey: {} }, 'publicKey.content is not a string'],
    [
      'a key in bad base64',
      { ...body, publicKey: { content: `${keyContent}=` } },
      'publicKey.content: not canonical base64',
    ],
    [
      'a key that is not UTF-8',
      { ...body, publicKey: { content: '/w==' } },
      'publicKey.content is not UTF-8',
    ],
    [
      'a key in UTF-16',
      { ...body, publicKey: { content: Buffer.from('\ufeff-----BEGIN', 'utf16le').toString('base64') } },
      "publicKey.content: the text is UTF-16, as '>' in Windows PowerShell writes it; write it as UTF-8",
    ],
    [
      'a key in DER',
      { ...body, publicKey: { content: encodeBase64(spkiOf(publicKey)) } },
      'publicKey.content is not UTF-8',
    ],
    [
      'a certificate for a key',
      {
        ...body,
        publicKey: {
          content: encodeBase64(utf8('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')),
        },
      },
      'authority.key',
    ],
    [
      'two keys',
      { ...body, publicKey: { content: encodeBase64(utf8(publicKeyPem(spkiOf(publicKey)).repeat(2))) } },
      'more than one public key',
    ],
    [
      'a short RSA key',
      { ...body, publicKey: { content: pemContent(spkiOf(weak.publicKey)) } },
      'authority.key',
    ],
    [
      'another key than the proof’s',
      { ...body, publicKey: { content: pemContent(spkiOf(generateKeyPairSync('ed25519').publicKey)) } },
      'authority.proof',
    ],
    ['no proof', { publicKey: body.publicKey }, 'signedEmailAddress is not a string'],
    [
      'a proof in bad base64',
      { ...body, signedEmailAddress: '*' },
      'signedEmailAddress: not canonical base64',
    ],
    ['an empty proof', { ...body, signedEmailAddress: '' }, 'authority.proof'],
    [
      'a proof over something else',
      { ...body, signedEmailAddress: sign('sha256', utf8('x'), privateKey).toString('base64') },
      'authority.proof',
    ],
    ['a signing request', { ...body, certificateSigningRequest: 'TUlJ' }, 'certificate signing requests'],
    [
      'a signing request that is a number',
      { ...body, certificateSigningRequest: 1 },
      'certificate signing requests',
    ],
  ])('answers 400 to %s', async (_name, json, message) => {
    expect(await refusal({ json })).toContain(message)
  })

  it.each([
    ['text that is no JSON', 'x', 400],
    ['nothing', '', 400],
    ['bytes that are not UTF-8', new Uint8Array([0xff]), 400],
    ['a key twice', `{"publicKey":{},${JSON.stringify(body).slice(1)}`, 400],
    ['JSON 10,000 levels deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 400],
    ['more than 64 KiB', JSON.stringify({ ...body, more: 'x'.repeat(65_536) }), 413],
  ])('refuses a body of %s', async (_name, raw, status) => {
    expect(await refusal({ raw }, status)).not.toBe('')
  })

  it('refuses a body of another type', async () => {
    expect(await refusal({ type: 'text/plain' }, 415)).toContain('http.body-type')
  })

  it('refuses more than 64 KiB without an announced length', async () => {
    const piece = utf8('x'.repeat(40_000))
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(concatBytes(piece))
        controller.enqueue(concatBytes(piece))
        controller.close()
      },
    })
    const request = new Request('http://localhost/api/v1/signingCert', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: stream,
      duplex: 'half',
    })
    expect((await makeApp().request(request)).status).toBe(413)
  })
})

describe('a token', () => {
  const mint = async (audience: string, lifetimeSeconds: number): Promise<string> =>
    (await issuer.mint(subject, { audience, lifetimeSeconds })).reveal()
  const part = (value: object): string => encodeBase64Url(utf8(JSON.stringify(value)))
  const kid = (): unknown =>
    (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { kid: unknown }).kid

  it.each(['', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a b', 'Bearer ö'])(
    'is asked for when the header is %j',
    async (authorization) => {
      expect(await refusal({ authorization })).toContain('identity.token')
    },
  )

  it('for another audience is refused', async () => {
    expect(await refusal({ authorization: `Bearer ${await mint('other', 3600)}` })).toContain(
      'identity.token-audience',
    )
  })

  it('that has expired is refused', async () => {
    expect(await refusal({ authorization: `Bearer ${await mint('sigstore', -60)}` })).toContain(
      'identity.token-time',
    )
  })

  it('with alg none is refused', async () => {
    const unsigned = `${part({ alg: 'none', kid: kid() })}.${part(makeClaims())}.`
    expect(await refusal({ authorization: `Bearer ${unsigned}` })).toContain('only RS256 is accepted')
  })

  it('signed by HS256 with the public key is refused', async () => {
    const signed = `${part({ alg: 'HS256', kid: kid() })}.${part(makeClaims())}`
    const pem = String(issuerKey.publicKey.export({ type: 'spki', format: 'pem' }))
    const mac = createHmac('sha256', pem).update(signed).digest('base64url')
    expect(await refusal({ authorization: `Bearer ${signed}.${mac}` })).toContain('only RS256 is accepted')
  })

  it('of another issuer is refused', async () => {
    const other = createIssuer({ ...ports, url: 'https://evil.example', keys: () => ring })
    const strange = (await other.mint(subject, { audience: 'sigstore', lifetimeSeconds: 60 })).reveal()
    expect(await refusal({ authorization: `Bearer ${strange}` })).toContain('identity.token-issuer')
  })

  it('is never shown in an answer', async () => {
    const message = await refusal({ authorization: `Bearer ${token.slice(0, -4)}AAAA` })
    expect(message).not.toContain(token.slice(0, 40))
  })
})

describe('what breaks inside', () => {
  it('is answered 500 with code 13 and no detail, and is logged', async () => {
    const failed: unknown[] = []
    const log: Log = { event: () => undefined, failure: (_name, error) => failed.push(error) }
    const broken = new Error('disk full')
    const response = await post({}, makeApp({ log, addPrecertificate: () => Promise.reject(broken) }))
    expect(response.status).toBe(500)
    expect(await response.json()).toEqual({
      code: 13,
      message:
        'an internal error; it is in the log of the server (http.internal): look for the request id in the log of the server',
      details: [],
    })
    expect(failed).toEqual([broken])
  })
})

describe('GET /api/v1/rootCert', () => {
  it('gives the intermediate and the root', async () => {
    const response = await makeApp().request('/api/v1/rootCert')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/pem-certificate-chain')
    expect(parseCertificatesPem(await response.text()).map(({ der }) => der)).toEqual([
      made.intermediate.certificate,
      made.root.certificate,
    ])
  })
})
