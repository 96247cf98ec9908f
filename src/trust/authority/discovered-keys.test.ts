import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { describeError, readCapped, utf8, utf8Decode, type Http, type HttpRequest } from '../../base/index.ts'
import { createDiscoveredKeys } from './index.ts'

const url = 'https://gitlab.example'
const MINUTE = 60_000
function newKey(kid: string) {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }
}
const [one, two] = [newKey('k1'), newKey('k2')]
const discovery = { issuer: url, jwks_uri: `${url}/oauth/discovery/keys` }
const WELL_KNOWN = `${url}/.well-known/openid-configuration`

type Pages = Record<string, { readonly status?: number; readonly body: unknown } | Error>

/** An issuer that tests change, a clock that they move, and what was asked and logged. */
function makeIssuer(issuer = url) {
  const pages: Pages = { [WELL_KNOWN]: { body: discovery }, [discovery.jwks_uri]: { body: { keys: [one] } } }
  const [asked, logged]: [string[], string[]] = [[], []]
  let nowMs = 1_900_000_000_000
  let gate: Promise<void> = Promise.resolve()
  const http: Http = {
    request: async (request: HttpRequest) => {
      asked.push(request.url)
      expect(request).toMatchObject({ method: 'GET', timeoutMs: 5_000 })
      await gate
      const page = pages[request.url] ?? { status: 404, body: '' }
      if (page instanceof Error) throw page
      const bytes = utf8(typeof page.body === 'string' ? page.body : JSON.stringify(page.body))
      const body = (async function* () {
        yield bytes
      })()
      return {
        status: page.status ?? 200,
        headers: {},
        body,
        bytes: (max) => readCapped(body, max),
        text: async (max) => utf8Decode(await readCapped(body, max)),
      }
    },
  }
  const discovered = createDiscoveredKeys({
    url: issuer,
    http,
    clock: { nowMs: () => nowMs, sleep: () => Promise.reject(new Error('no sleep')) },
    log: {
      event: (name) => logged.push(name),
      failure: (name, error) => logged.push(`${name}: ${describeError(error)}`),
    },
  })
  return {
    ...discovered,
    pages,
    asked,
    logged,
    find: async (keyId: string) => (await discovered.keys(keyId)) !== undefined,
    pass: (ms: number) => {
      nowMs += ms
    },
    /** Holds every answer back until the returned function is called. */
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
    settle: () => new Promise((resolve) => setTimeout(resolve, 5)),
  }
}

const unreachable = { code: 'authority.issuer-keys', status: 503 }

describe('keys', () => {
  it('come from the key set that the discovery document names, and are fetched once', async () => {
    const issuer = makeIssuer()
    expect(await issuer.find('k1')).toBe(true)
    expect(await issuer.find('k1')).toBe(true)
    expect(issuer.asked).toEqual([WELL_KNOWN, discovery.jwks_uri])
    expect(issuer.logged).toEqual(['issuer.keys-fetched'])
  })

  it('are fetched once for all who wait', async () => {
    const issuer = makeIssuer()
    const release = issuer.hold()
    const waiting = Array.from({ length: 50 }, (_, index) => issuer.find(index % 2 === 0 ? 'k1' : 'other'))
    release()
    expect(new Set(await Promise.all(waiting)).size).toBe(2)
    expect(issuer.asked).toHaveLength(2)
  })

  it('are fetched again for an unknown id, but no more than once in 30 seconds', async () => {
    const issuer = makeIssuer()
    await issuer.find('k1')
    issuer.pages[discovery.jwks_uri] = { body: { keys: [one, two] } }
    for (let count = 0; count < 20; count += 1) expect(await issuer.find('k2')).toBe(false)
    expect(issuer.asked).toHaveLength(2)
    issuer.pass(30_000)
    expect(await issuer.find('k2')).toBe(true)
    expect(issuer.asked).toHaveLength(4)
  })

  it('still count after 15 minutes, while they are fetched anew behind', async () => {
    const issuer = makeIssuer()
    await issuer.find('k1')
    issuer.pages[discovery.jwks_uri] = { body: { keys: [two] } }
    issuer.pass(15 * MINUTE)
    const release = issuer.hold()
    expect(await issuer.find('k1')).toBe(true)
    release()
    await issuer.settle()
    expect([await issuer.find('k1'), await issuer.find('k2')]).toEqual([false, true])
  })

  it('are waited for after an hour, so that a key withdrawn meanwhile gives nothing', async () => {
    const issuer = makeIssuer()
    await issuer.find('k1')
    issuer.pages[discovery.jwks_uri] = { body: { keys: [two] } }
    issuer.pass(60 * MINUTE)
    expect(await issuer.find('k1')).toBe(false)
  })

  it('still count while the issuer is away, for a day and no longer', async () => {
    const issuer = makeIssuer()
    await issuer.find('k1')
    issuer.pages[WELL_KNOWN] = new Error('away')
    issuer.pass(24 * 60 * MINUTE - 1)
    expect(await issuer.find('k1')).toBe(true)
    await issuer.settle()
    issuer.pass(MINUTE)
    await expect(issuer.find('k1')).rejects.toMatchObject({
      ...unreachable,
      message: `the keys of ${url} could not be fetched`,
    })
  })

  it('that are known still count when an unknown one is asked for and the issuer is away', async () => {
    const issuer = makeIssuer()
    await issuer.find('k1')
    issuer.pages[WELL_KNOWN] = new Error('away')
    issuer.pass(MINUTE)
    expect([await issuer.find('k2'), await issuer.find('k1')]).toEqual([false, true])
  })

  it('that the issuer has withdrawn are gone with the next fetch', async () => {
    const issuer = makeIssuer()
    await issuer.find('k1')
    issuer.pages[discovery.jwks_uri] = { body: { keys: [two] } }
    issuer.pass(MINUTE)
    expect(await issuer.find('k2')).toBe(true)
    expect(await issuer.find('k1')).toBe(false)
  })

  it('are asked for again five seconds after a failure, and not before', async () => {
    const issuer = makeIssuer()
    issuer.pages[WELL_KNOWN] = { status: 503, body: 'away' }
    for (let count = 0; count < 3; count += 1)
      await expect(issuer.find('k1')).rejects.toMatchObject(unreachable)
    expect(issuer.asked).toHaveLength(1)
    issuer.pages[WELL_KNOWN] = { body: discovery }
    issuer.pass(5_000)
    expect(await issuer.find('k1')).toBe(true)
    expect(issuer.logged).toEqual([
      `issuer.keys-not-fetched: ${url}: ${WELL_KNOWN} answered HTTP 503`,
      'issuer.keys-fetched',
    ])
  })

  it.each<[string, Pages]>([
    ['a redirect', { [WELL_KNOWN]: { status: 302, body: '' } }],
    ['a document that is no JSON', { [WELL_KNOWN]: { body: '<html>' } }],
    ['a document that is a list', { [WELL_KNOWN]: { body: [discovery] } }],
    ['a document of another issuer', { [WELL_KNOWN]: { body: { ...discovery, issuer: `${url}/` } } }],
    ['a document without an issuer', { [WELL_KNOWN]: { body: { jwks_uri: discovery.jwks_uri } } }],
    ['a document of more than 64 KiB', { [WELL_KNOWN]: { body: { ...discovery, x: 'x'.repeat(65_536) } } }],
    [
      'an issuer without RS256',
      { [WELL_KNOWN]: { body: { ...discovery, id_token_signing_alg_values_supported: ['ES256'] } } },
    ],
    [
      'keys on another host',
      { [WELL_KNOWN]: { body: { ...discovery, jwks_uri: 'https://evil.example/keys' } } },
    ],
    ['keys on another port', { [WELL_KNOWN]: { body: { ...discovery, jwks_uri: `${url}:444/keys` } } }],
    [
      'keys over plain HTTP',
      { [WELL_KNOWN]: { body: { ...discovery, jwks_uri: 'http://gitlab.example/keys' } } },
    ],
    [
      'keys behind a user name',
      { [WELL_KNOWN]: { body: { ...discovery, jwks_uri: 'https://u@gitlab.example/keys' } } },
    ],
    ['keys at no address', { [WELL_KNOWN]: { body: { ...discovery, jwks_uri: 7 } } }],
    ['a key set that is missing', { [discovery.jwks_uri]: { status: 404, body: '' } }],
    ['a key set without keys', { [discovery.jwks_uri]: { body: { keys: [] } } }],
    [
      'a key set of more than 256 KiB',
      { [discovery.jwks_uri]: { body: { keys: [one], x: 'x'.repeat(262_144) } } },
    ],
  ])('are refused for %s', async (_what, pages) => {
    const issuer = makeIssuer()
    Object.assign(issuer.pages, pages)
    await expect(issuer.find('k1')).rejects.toMatchObject(unreachable)
    expect(issuer.asked.every((asked) => asked.startsWith(`${url}/`))).toBe(true)
  })

  it('are looked for below the path of an issuer that has one', async () => {
    const issuer = makeIssuer(`${url}/gitlab`)
    issuer.pages[`${url}/gitlab/.well-known/openid-configuration`] = {
      body: { ...discovery, issuer: `${url}/gitlab` },
    }
    expect(await issuer.find('k1')).toBe(true)
  })
})

describe('warmUp', () => {
  it('fetches before anybody asks, and keeps a failure to the log', async () => {
    const issuer = makeIssuer()
    await issuer.warmUp()
    expect(issuer.logged).toEqual(['issuer.keys-fetched'])
    const other = makeIssuer()
    other.pages[WELL_KNOWN] = new Error('away')
    await other.warmUp()
    expect(other.logged).toEqual(['issuer.keys-not-fetched: away'])
  })
})
