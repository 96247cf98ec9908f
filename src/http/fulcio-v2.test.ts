import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeBase64, utf8, type Clock } from '../base/index.ts'
import { sct } from '../formats/x509/arrange.ts'
import { parseCertificatesPem, publicKeyPem } from '../formats/x509/index.ts'
import { silentLog, systemEntropy } from '../host/index.ts'
import { makeClaims, NOW, subject } from '../identity/arrange.ts'
import { verifyIdToken } from '../identity/index.ts'
import { createAuthority, createCertificateAuthority } from '../trust/authority/index.ts'
import { createIssuer, createKeyRing } from '../trust/issuer/index.ts'
import { fulcioConfigurationRoutes } from './fulcio-configuration.ts'
import { fulcioV2Routes } from './fulcio-v2.ts'

const clock: Clock = { nowMs: () => NOW * 1000, sleep: () => Promise.reject(new Error('no sleep')) }
const ports = { clock, entropy: systemEntropy }
const made = createCertificateAuthority({ ...ports, name: 'gitlab.example' })
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ring = createKeyRing({ current: key })
const issuer = createIssuer({ ...ports, url: 'https://gitlab.example', keys: () => ring })
const app = fulcioV2Routes(
  createAuthority({
    ...ports,
    chain: [made.intermediate.certificate, made.root.certificate],
    key: made.intermediate.key,
    ct: { addPrecertificate: () => Promise.resolve(sct) },
    verifyToken: (text) =>
      verifyIdToken(text, {
        audience: 'sigstore',
        clock,
        issuers: (iss) => (iss === issuer.url ? issuer.publicKey : undefined),
      }),
  }),
  silentLog,
)

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const content = publicKeyPem(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })))
const proofOfPossession = sign('sha256', utf8(makeClaims().sub), privateKey).toString('base64')
const publicKeyRequest = { publicKey: { algorithm: 'ECDSA', content }, proofOfPossession }
/** With a subject and an extension that nobody vouches for. */
function openSslRequest(...options: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'request-'))
  try {
    const file = join(folder, 'key.pem')
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const common = ['req', '-new', '-key', file, '-subj', '/CN=root', '-addext', 'basicConstraints=CA:TRUE']
    return execFileSync('openssl', [...common, ...options], { encoding: 'utf8', stdio: 'pipe' })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
const requestPem = openSslRequest()
const certificateSigningRequest = encodeBase64(utf8(requestPem))
let token = ''
beforeAll(async () => {
  token = (await issuer.mint(subject, { audience: 'sigstore', lifetimeSeconds: 3600 })).reveal()
})

function post(json: unknown, headers: Record<string, string> = {}): Response | Promise<Response> {
  const all = { 'content-type': 'application/json', ...headers }
  return app.request('/api/v2/signingCert', { method: 'POST', headers: all, body: JSON.stringify(json) })
}

async function certificates(response: Response): Promise<readonly string[]> {
  const body = (await response.json()) as {
    signedCertificateEmbeddedSct: { chain: { certificates: string[] } }
  }
  return body.signedCertificateEmbeddedSct.chain.certificates
}

describe('POST /api/v2/signingCert', () => {
  it('answers 200 with a chain of three, for a token in the header and for one in the body', async () => {
    const byHeader = await post({ publicKeyRequest }, { authorization: `Bearer ${token}` })
    const byBody = await post({ credentials: { oidcIdentityToken: token }, publicKeyRequest })
    for (const response of [byHeader, byBody]) {
      expect(response.status).toBe(200)
      const chain = await certificates(response)
      expect(chain.flatMap((pem) => parseCertificatesPem(pem))).toHaveLength(3)
    }
  })

  it('takes the other spelling of proto3 JSON, and whatever a client says it accepts', async () => {
    const snake = { public_key_request: { public_key: { content }, proof_of_possession: proofOfPossession } }
    const headers = { authorization: `Bearer ${token}`, accept: 'application/pem-certificate-chain' }
    const response = await post(snake, headers)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
  })

  it.each(['certificateSigningRequest', 'certificate_signing_request'])(
    'certifies the key of a %s, and nothing else that stands there',
    async (name) => {
      const headers = { authorization: `Bearer ${token}`, accept: 'application/pem-certificate-chain' }
      const response = await post({ [name]: certificateSigningRequest }, headers)
      expect(response.status).toBe(200)
      const [leaf] = (await certificates(response)).map((pem) => new X509Certificate(pem))
      expect(leaf!.checkPrivateKey(privateKey)).toBe(true)
      expect(leaf!.ca).toBe(false)
      expect(leaf!.subject || '').not.toContain('root')
    },
  )

  it('lets the token of the body win over that of the header', async () => {
    const response = await post(
      { credentials: { oidcIdentityToken: 'x.y.z' }, publicKeyRequest },
      { authorization: `Bearer ${token}` },
    )
    expect(response.status).toBe(400)
  })

  it.each([
    ['no token', { publicKeyRequest }],
    ['a signing request that is no PEM', { certificateSigningRequest: 'AA==' }],
    ['a signing request that is no text', { certificateSigningRequest: '/w==' }],
    ['a signing request that is PEM itself', { certificateSigningRequest: requestPem }],
    ['a signing request that is a list', { certificateSigningRequest: [certificateSigningRequest] }],
    [
      'a signing request with another hash',
      { certificateSigningRequest: encodeBase64(utf8(openSslRequest('-sha512'))) },
    ],
    ['a key and a signing request', { publicKeyRequest, certificateSigningRequest }],
    ['neither key nor signing request', { certificateSigningRequest: null }],
    ['another proof', { publicKeyRequest: { ...publicKeyRequest, proofOfPossession: 'AA==' } }],
    ['a proof that is no base64', { publicKeyRequest: { ...publicKeyRequest, proofOfPossession: '?' } }],
    ['a key that is no PEM', { publicKeyRequest: { ...publicKeyRequest, publicKey: { content: 'x' } } }],
    ['both spellings at once', { publicKeyRequest, public_key_request: publicKeyRequest }],
    ['a list', []],
  ])("refuses %s with the gateway's JSON", async (what, json) => {
    const response = await post(json, what === 'no token' ? {} : { authorization: `Bearer ${token}` })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 3, message: expect.any(String), details: [] })
  })
})

it('refuses a body of more than 64 KiB', async () => {
  const response = await post({ publicKeyRequest, filler: 'x'.repeat(64 * 1024) })
  expect([response.status, await response.json()]).toMatchObject([413, { code: 3, details: [] }])
})

it('GET /api/v2/trustBundle gives the chain', async () => {
  const { chains } = (await (await app.request('/api/v2/trustBundle')).json()) as {
    chains: { certificates: string[] }[]
  }
  expect(chains[0]!.certificates.flatMap((pem) => parseCertificatesPem(pem))).toHaveLength(2)
})

it('GET /api/v2/configuration names the issuers', async () => {
  const routes = fulcioConfigurationRoutes([{ url: 'https://gitlab.example', audience: 'sigstore' }])
  expect(await (await routes.request('/api/v2/configuration')).json()).toEqual({
    issuers: [
      {
        issuerUrl: 'https://gitlab.example',
        audience: 'sigstore',
        challengeClaim: 'sub',
        issuerType: 'ci-provider',
      },
    ],
  })
})
