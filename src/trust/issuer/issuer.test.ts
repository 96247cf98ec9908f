import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  jwtVerify,
  type JSONWebKeySet,
} from 'jose'
import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Clock, Entropy } from '../../base/index.ts'
import { makeClaims, NOW, subject } from '../../identity/arrange.ts'
import { verifyIdToken } from '../../identity/index.ts'
import { createIssuer, createKeyRing } from './index.ts'

const url = 'https://gitlab.example'
const clock: Clock = { nowMs: () => NOW * 1000 + 999, sleep: () => Promise.reject(new Error('no sleep')) }
const entropy: Entropy = {
  bytes: () => new Uint8Array(),
  uuid: () => '5c2a3f0e-7f38-4a60-8d5c-1d4f1f4f2a11',
}
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ring = createKeyRing({ current: key })
const issuer = createIssuer({ url, keys: () => ring, clock, entropy })
const keySet = issuer.jwks() as unknown as JSONWebKeySet

describe('createIssuer', () => {
  it('publishes its key as GitLab does, under its thumbprint', async () => {
    const [jwk, ...others] = keySet.keys
    expect(others).toEqual([])
    expect(Object.keys(jwk!)).toEqual(['kty', 'kid', 'e', 'n', 'use', 'alg'])
    expect(jwk).toMatchObject({ kty: 'RSA', e: 'AQAB', use: 'sig', alg: 'RS256' })
    expect(jwk!.kid).toBe(await calculateJwkThumbprint(jwk!))
    expect(issuer.publicKey(jwk!.kid!)?.export({ format: 'jwk' })).toMatchObject({ n: jwk!.n })
    expect(issuer.publicKey('another')).toBeUndefined()
  })

  it('says where its keys are, byte-equal to the issuer of its tokens', () => {
    expect(issuer.discovery()).toMatchObject({
      issuer: url,
      jwks_uri: `${url}/oauth/discovery/keys`,
      id_token_signing_alg_values_supported: ['RS256'],
    })
  })
})

describe('mint', () => {
  it("makes GitLab's token, header and claims in order", async () => {
    const token = await issuer.mint(subject, { audience: 'sigstore', lifetimeSeconds: 3600 })
    const [header, payload] = token
      .reveal()
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString())
    expect(header).toBe(`{"alg":"RS256","kid":"${keySet.keys[0]!.kid}","typ":"JWT"}`)
    expect(payload).toBe(JSON.stringify(makeClaims()))
  })

  it('gives no token for longer than a day', async () => {
    const token = await issuer.mint(subject, { audience: 'sigstore', lifetimeSeconds: 86_401 })
    const { exp, iat } = decodeJwt(token.reveal())
    expect(exp! - iat!).toBe(86_400)
  })

  it('gives a secret that does not print', async () => {
    const token = await issuer.mint(subject, { audience: 'sigstore', lifetimeSeconds: 60 })
    expect(inspect({ token }) + JSON.stringify({ token })).not.toContain('eyJ')
  })

  it('is accepted by jose from the published keys, and by our own check', async () => {
    const token = await issuer.mint(subject, { audience: ['a', 'sigstore'], lifetimeSeconds: 60 })
    const { payload } = await jwtVerify(token.reveal(), createLocalJWKSet(keySet), {
      issuer: url,
      audience: 'sigstore',
      currentDate: new Date(NOW * 1000),
    })
    expect(payload).toMatchObject({ aud: ['a', 'sigstore'], exp: NOW + 60 })
    expect(decodeProtectedHeader(token.reveal()).alg).toBe('RS256')
    const checks = { issuers: () => issuer.publicKey, audience: 'sigstore', clock }
    expect(await verifyIdToken(token.reveal(), checks)).toMatchObject({ project_path: 'group/project' })
  })
})
