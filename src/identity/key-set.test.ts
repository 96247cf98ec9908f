import fc from 'fast-check'
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { WheelsealError } from '../base/index.ts'
import { parseKeySet } from './index.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }
const set = (...keys: unknown[]): string => JSON.stringify({ keys })

describe('parseKeySet', () => {
  it("gives GitLab's keys by their ids", () => {
    const keys = parseKeySet(set(jwk, { ...jwk, kid: 'k2' }))
    expect([...keys.keys()]).toEqual(['k1', 'k2'])
    expect(keys.get('k1')!.equals(publicKey)).toBe(true)
  })

  it('takes a key that says no more than what it is', () => {
    const { kty, n, e } = jwk
    expect(parseKeySet(set({ kty, n, e, kid: 'k' })).size).toBe(1)
  })

  it.each([
    ['of another kind', { ...ec.export({ format: 'jwk' }), kid: 'k2' }],
    ['for encryption', { ...jwk, kid: 'k2', use: 'enc' }],
    ['for another algorithm', { ...jwk, kid: 'k2', alg: 'RS512' }],
    ['for another operation', { ...jwk, kid: 'k2', key_ops: ['wrapKey'] }],
    ['without an id', { ...jwk, kid: undefined }],
    ['with an empty id', { ...jwk, kid: '' }],
    ['with an id that is a number', { ...jwk, kid: 2 }],
    ['with an id of 257 characters', { ...jwk, kid: 'k'.repeat(257) }],
  ])('passes over a key %s, and refuses a set of such alone', (_what, other) => {
    expect([...parseKeySet(set(other, jwk)).keys()]).toEqual(['k1'])
    expect(() => parseKeySet(set(other))).toThrow('none of 1 keys')
  })

  it.each([
    ['nothing', ''],
    ['a list', '[]'],
    ['an object without keys', '{}'],
    ['no keys', set()],
    ['a key that is a text', set('k')],
    ['two keys of one id', set(jwk, jwk)],
    ['a member twice', `{"keys":[],${set(jwk).slice(1)}`],
    ['65 keys', set(...Array.from({ length: 65 }, (_, index) => ({ ...jwk, kid: `k${index}` })))],
    ['more than 256 KiB', set({ ...jwk, x5c: 'x'.repeat(256 * 1024) })],
    ['a private key', set({ ...privateKey.export({ format: 'jwk' }), kid: 'k1' })],
    ['a shared secret', set(jwk, { kty: 'oct', k: 'c2VjcmV0', kid: 'k2' })],
    ['an RSA key of 1024 bits', set({ ...weak.export({ format: 'jwk' }), kid: 'k1' })],
    ['a key without its modulus', set({ ...jwk, n: undefined })],
    ['a modulus that is a number', set({ ...jwk, n: 1 })],
  ])('refuses %s', (_what, text) => {
    expect(() => parseKeySet(text)).toThrow(expect.objectContaining({ code: 'identity.key-set' }))
  })

  it('never fails with anything but its own error', () => {
    const member = fc.constantFrom('kty', 'n', 'e', 'kid', 'use', 'alg', 'key_ops', 'd', 'k')
    fc.assert(
      fc.property(member, fc.jsonValue(), (name, value) => {
        try {
          parseKeySet(set({ ...jwk, [name]: value }))
        } catch (error) {
          expect(error).toBeInstanceOf(WheelsealError)
        }
      }),
    )
  })
})
