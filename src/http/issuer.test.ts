import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../host/index.ts'
import { createIssuer, createKeyRing } from '../trust/issuer/index.ts'
import { issuerRoutes } from './issuer.ts'

const ring = createKeyRing({ current: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey })
const issuer = createIssuer({
  url: 'http://127.0.0.1:7711',
  keys: () => ring,
  clock: systemClock,
  entropy: systemEntropy,
})
const app = issuerRoutes(issuer)

describe('the issuer', () => {
  it.each([
    ['/.well-known/openid-configuration', issuer.discovery()],
    ['/oauth/discovery/keys', issuer.jwks()],
    ['/-/jwks', issuer.jwks()],
  ])('answers %s as GitLab does', async (path, document) => {
    const response = await app.request(path)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('cache-control')).toBe('public, max-age=86400, must-revalidate, no-transform')
    expect(await response.json()).toEqual(document)
  })

  it('publishes nothing of the private key', async () => {
    const keys = await (await app.request('/-/jwks')).text()
    for (const name of ['"d"', '"p"', '"q"', '"dp"', '"dq"', '"qi"']) expect(keys).not.toContain(name)
  })

  it('takes no writes', async () => {
    expect((await app.request('/-/jwks', { method: 'POST' })).status).toBe(404)
  })
})
