import fc from 'fast-check'
import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeBase64Url, utf8, WheelsealError, type Clock } from '../base/index.ts'
import { ISSUER, makeClaims, NOW } from './arrange.ts'
import { verifyIdToken, type TokenChecks } from './index.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const clockAt = (seconds: number): Clock => ({
  nowMs: () => seconds * 1000,
  sleep: () => Promise.reject(new Error('no sleep')),
})
const checks: TokenChecks = {
  issuers: (issuer) => (issuer === ISSUER ? (keyId) => (keyId === 'k1' ? publicKey : undefined) : undefined),
  audience: 'sigstore',
  clock: clockAt(NOW),
}
const header = { alg: 'RS256', kid: 'k1', typ: 'JWT' }
const part = (value: unknown): string =>
  encodeBase64Url(utf8(typeof value === 'string' ? value : JSON.stringify(value)))

interface TokenParts {
  readonly head?: unknown
  readonly payload?: unknown
  readonly key?: KeyObject
}
function makeToken({ head = header, payload = makeClaims(), key = privateKey }: TokenParts = {}): string {
  const signed = `${part(head)}.${part(payload)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}
const rejection = async (token: string, changes: Partial<TokenChecks> = {}): Promise<WheelsealError> =>
  verifyIdToken(token, { ...checks, ...changes }).then(
    () => {
      throw new Error('accepted')
    },
    (error: unknown) => error as WheelsealError,
  )

describe('verifyIdToken', () => {
  it('gives the claims of a good token', async () => {
    expect(await verifyIdToken(makeToken(), checks)).toEqual(makeClaims())
    const { typ: _typ, ...untyped } = header
    expect(await verifyIdToken(makeToken({ head: untyped }), checks)).toEqual(makeClaims())
  })

  it('takes one audience of several', async () => {
    const payload = { ...makeClaims(), aud: ['https://a.example', 'sigstore'] }
    expect(await verifyIdToken(makeToken({ payload }), checks)).toHaveProperty('aud', payload.aud)
  })

  const unsigned = `${part(header)}.${part(makeClaims())}`
  const hmac = (secret: string): string => {
    const signed = `${part({ ...header, alg: 'HS256' })}.${part(makeClaims())}`
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }
  const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))

  it.each([
    ['nothing', ''],
    ['words', 'a token'],
    ['two parts', unsigned],
    ['four parts', `${makeToken()}.x`],
    ['alg none without signature', `${part({ alg: 'none', kid: 'k1' })}.${part(makeClaims())}.`],
    ['alg None', makeToken({ head: { ...header, alg: 'None' } })],
    ['HS256 with the public key', hmac(pem)],
    ['RS512', makeToken({ head: { ...header, alg: 'RS512' } })],
    ['PS256', makeToken({ head: { ...header, alg: 'PS256' } })],
    ['no algorithm', makeToken({ head: { kid: 'k1' } })],
    ['a list of algorithms', makeToken({ head: { ...header, alg: ['RS256'] } })],
    ['no key id', makeToken({ head: { alg: 'RS256' } })],
    ['an empty key id', makeToken({ head: { ...header, kid: '' } })],
    ['a key id of 257 characters', makeToken({ head: { ...header, kid: 'k'.repeat(257) } })],
    ['a key id that is a number', makeToken({ head: { ...header, kid: 1 } })],
    ['another type', makeToken({ head: { ...header, typ: 'at+jwt' } })],
    ['critical parameters', makeToken({ head: { ...header, crit: ['exp'] } })],
    ['a key twice in the header', makeToken({ head: '{"alg":"none","alg":"RS256","kid":"k1"}' })],
    [
      'a claim twice',
      makeToken({ payload: `{"iss":"https://evil.example",${JSON.stringify(makeClaims()).slice(1)}` }),
    ],
    ['a header that is a list', makeToken({ head: [] })],
    ['a payload that is no JSON', makeToken({ payload: 'x' })],
    ['padding', makeToken().replace('.', '=.')],
    ['more than 16 KiB', makeToken({ payload: { ...makeClaims(), more: 'x'.repeat(16_384) } })],
    ['a deep payload', makeToken({ payload: `${'['.repeat(100)}${']'.repeat(100)}` })],
    ['a line break at its end', `${makeToken()}\n`],
  ])('refuses %s', async (_name, token) => {
    expect((await rejection(token)).code).toBe('identity.token')
  })

  it.each([
    [
      'an unknown issuer',
      'identity.token-issuer',
      { payload: { ...makeClaims(), iss: 'https://evil.example' } },
    ],
    [
      'an issuer with a slash more',
      'identity.token-issuer',
      { payload: { ...makeClaims(), iss: `${ISSUER}/` } },
    ],
    ['no issuer', 'identity.token-issuer', { payload: {} }],
    ['an issuer that is a list', 'identity.token-issuer', { payload: { ...makeClaims(), iss: [ISSUER] } }],
    ['an unknown key id', 'identity.token-key', { head: { ...header, kid: 'k2' } }],
    ['the signature of another key', 'identity.token-signature', { key: other.privateKey }],
    [
      'an audience that is not wanted',
      'identity.token-audience',
      { payload: { ...makeClaims(), aud: 'other' } },
    ],
    ['a longer audience', 'identity.token-audience', { payload: { ...makeClaims(), aud: 'sigstore2' } }],
    ['a missing claim', 'identity.claims', { payload: { ...makeClaims(), sha: undefined } }],
  ] as const)('refuses %s', async (_name, code, parts) => {
    expect((await rejection(makeToken(parts))).code).toBe(code)
  })

  it('refuses a header that brings its own key', async () => {
    const jwk = other.publicKey.export({ format: 'jwk' })
    const token = makeToken({ head: { ...header, jwk, jku: 'https://evil.example' }, key: other.privateKey })
    expect((await rejection(token)).code).toBe('identity.token-signature')
  })

  it.each([
    ['an EC key', ec.publicKey],
    ['a short RSA key', weak.publicKey],
  ])('refuses an issuer with %s', async (_name, key) => {
    const token = makeToken({ key: key === weak.publicKey ? weak.privateKey : privateKey })
    expect((await rejection(token, { issuers: () => () => key })).code).toBe('identity.token-signature')
  })

  it.each([
    [NOW - 6, 'the id token is not valid before 6 seconds from now'],
    [NOW - 5, ''],
    [NOW + 3604, ''],
    [NOW + 3605, 'the id token expired 5 seconds ago'],
  ])('at second %i says %j', async (seconds, fact) => {
    const attempt = verifyIdToken(makeToken(), { ...checks, clock: clockAt(seconds) })
    if (fact === '') expect(await attempt).toEqual(makeClaims())
    else await expect(attempt).rejects.toMatchObject({ code: 'identity.token-time', message: fact })
  })

  it('passes on what the source of keys throws', async () => {
    const broken = new Error('network')
    await expect(
      verifyIdToken(makeToken(), { ...checks, issuers: () => () => Promise.reject(broken) }),
    ).rejects.toBe(broken)
  })

  it('refuses every changed character, and never shows the token', async () => {
    const token = makeToken()
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: token.length - 1 }),
        fc.constantFrom('A', 'b', '-', '.'),
        async (at, letter) => {
          if (token[at] === letter) return
          const error = await rejection(token.slice(0, at) + letter + token.slice(at + 1))
          expect(error).toBeInstanceOf(WheelsealError)
          expect(error.status).toBe(400)
          expect(error.message + error.hint).not.toContain(token.slice(-40))
        },
      ),
    )
  })
})
