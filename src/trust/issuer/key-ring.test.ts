import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { NOW, subject } from '../../identity/arrange.ts'
import { verifyIdToken } from '../../identity/index.ts'
import { createIssuer, createKeyRing, PUBLISHED_AFTER_MS, PUBLISHED_BEFORE_MS } from './index.ts'

const newKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const [first, second, third] = [newKey(), newKey(), newKey()]
const T = NOW * 1000
const HOUR = 3_600_000

describe('createKeyRing', () => {
  it.each([
    ['RSA of 1024 bits', generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey],
    ['an EC key', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
  ])('refuses %s in every role', (_name, bad) => {
    const refused = expect.objectContaining({ code: 'issuer.key' })
    expect(() => createKeyRing({ current: bad })).toThrow(refused)
    expect(() => createKeyRing({ current: first, next: { key: bad, sinceMs: 0 } })).toThrow(refused)
    expect(() => createKeyRing({ current: first, previous: [{ key: bad, sinceMs: 0 }] })).toThrow(refused)
  })

  const ring = createKeyRing({
    current: second,
    next: { key: third, sinceMs: T },
    previous: [{ key: first, sinceMs: T }],
  })
  const names = new Map(
    [first, second, third].map((key, index) => [
      createKeyRing({ current: key }).published(0)[0].key.id,
      index + 1,
    ]),
  )
  const rolesAt = (atMs: number): string =>
    ring
      .published(T + atMs)
      .map(({ key, role }) => `${names.get(key.id)} ${role}`)
      .join(', ')

  it.each([
    [0, '2 signs, 3 next, 1 previous'],
    [PUBLISHED_BEFORE_MS - 1, '2 signs, 3 next, 1 previous'],
    [PUBLISHED_BEFORE_MS, '3 signs, 2 previous'],
    [PUBLISHED_BEFORE_MS + PUBLISHED_AFTER_MS - 1, '3 signs, 2 previous'],
    [PUBLISHED_BEFORE_MS + PUBLISHED_AFTER_MS, '3 signs'],
  ])('after %i ms says %s', (atMs, roles) => {
    expect(rolesAt(atMs)).toBe(roles)
  })

  it('publishes for longer than a cache of a day holds, and withdraws later than a token of a day ends', () => {
    expect(PUBLISHED_BEFORE_MS).toBeGreaterThan(24 * HOUR)
    expect(PUBLISHED_AFTER_MS).toBeGreaterThan(24 * HOUR)
  })

  it('never has a key twice, as a change that was cut leaves it', () => {
    const dated = { key: first, sinceMs: T }
    const cut = createKeyRing({ current: first, next: dated, previous: [dated] })
    for (const atMs of [0, PUBLISHED_BEFORE_MS]) expect(cut.published(T + atMs)).toHaveLength(1)
  })

  it('lets a token of the old key pass until it expires, and one of the next key at once', async () => {
    let nowMs = T
    const clock = { nowMs: () => nowMs, sleep: () => Promise.reject(new Error('no sleep')) }
    const entropy = { bytes: () => new Uint8Array(), uuid: () => 'id' }
    const issuer = createIssuer({ url: 'https://gitlab.example', keys: () => ring, clock, entropy })
    const mint = async () =>
      (await issuer.mint(subject, { audience: 'sigstore', lifetimeSeconds: 86_400 })).reveal()
    const verify = (token: string) =>
      verifyIdToken(token, { issuers: () => issuer.publicKey, audience: 'sigstore', clock })
    nowMs = T + PUBLISHED_BEFORE_MS - 1
    const last = await mint()
    nowMs += 1
    const next = await mint()
    expect(last.split('.')[0]).not.toBe(next.split('.')[0])
    nowMs += 23 * HOUR
    expect(await verify(last)).toBeDefined()
    expect(await verify(next)).toBeDefined()
    nowMs += 2 * HOUR
    await expect(verify(last)).rejects.toMatchObject({ code: 'identity.token-key' })
  })
})
