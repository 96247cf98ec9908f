import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  askFirst,
  askSecond,
  expectRefused,
  namesOf,
  pemOf,
  post,
  startTokenAuthority,
  UNREACHABLE,
  type TokenAuthority,
} from '../support/authority.ts'
import { encodePart, signJwt, type GitLabIssuer } from '../support/gitlab-issuer.ts'

let authority: TokenAuthority
let known: GitLabIssuer
let pinned: GitLabIssuer
let stranger: GitLabIssuer
beforeAll(async () => {
  authority = await startTokenAuthority()
  ;({ known, pinned, stranger } = authority)
})
afterAll(() => authority.stop())

const seconds = (): number => Math.floor(Date.now() / 1000)
type Changes = Readonly<Record<string, unknown>>
/** A token of `known` with another header, its claims, or the signature of another issuer. */
const headed = (header: Changes | string, by = known): string =>
  signJwt(headOf(header), known.claims(), by.privateKey)
const headOf = (header: Changes | string): object | string =>
  typeof header === 'string' ? header : { alg: 'RS256', kid: known.keyId, typ: 'JWT', ...header }
const paid = (payload: object | string): string => signJwt(headOf({}), payload, known.privateKey)
/** The payload as text, with more before its first member. */
const before = (text: string): string => `{${text},${JSON.stringify(known.claims()).slice(1)}`
const ofIssuer = (iss: unknown): string => known.token({ iss })
const ofConfig = (ci_config_ref_uri: unknown): string => known.token({ ci_config_ref_uri })
const config = '/team/wheels//.gitlab-ci.yml@refs/heads/main'
const hmac = (secret: string | Buffer): string => {
  const signed = `${encodePart(headOf({ alg: 'HS256' }))}.${encodePart(known.claims())}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

const refusals: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'identity.token-audience': {
    'for another audience': () => known.token({ aud: 'other' }),
    'for a list without the audience': () => known.token({ aud: ['sigstore2', 'Sigstore'] }),
    'for the audience of another configured issuer': () => known.token({ aud: 'wheels' }),
    'for the usual audience where its issuer has another': () => pinned.token(),
  },
  'identity.token-time': {
    'that has expired': () => known.token({ exp: seconds() - 10 }),
    'that is not valid yet': () => known.token({ nbf: seconds() + 60 }),
    'that was issued in the future': () => known.token({ iat: seconds() + 60 }),
  },
  'identity.token': {
    'with algorithm none': () => `${headed({ alg: 'none' }).split('.').slice(0, 2).join('.')}.`,
    'with algorithm none and a signature': () => headed({ alg: 'none' }),
    'with HS256 and the PEM of the public key as secret': () => hmac(pemOf(known.publicKey)),
    'with HS256 and the DER of the public key as secret': () =>
      hmac(known.publicKey.export({ type: 'spki', format: 'der' })),
    'with HS256 and the JWK of the public key as secret': () =>
      hmac(JSON.stringify(known.publicKey.export({ format: 'jwk' }))),
    'with HS256 and nothing as secret': () => hmac(''),
    'with PS256': () => headed({ alg: 'PS256' }),
    'without a key id': () => headed({ kid: undefined }),
    'with critical parameters': () => headed({ crit: ['exp'] }),
    'with a header member twice': () => headed(`{"alg":"none","alg":"RS256","kid":"${known.keyId}"}`),
    'with a claim twice': () => paid(before('"project_path":"evil/x"')),
    'with a claim twice in two spellings of JSON': () =>
      paid(before(String.raw`"\u0069ss":"${stranger.url}"`)),
    'with deeply nested claims': () => paid(before(`"x":${'['.repeat(50)}${']'.repeat(50)}`)),
    'with the claim __proto__': () => paid(before('"__proto__":{"iss":"x"}')),
    'with a payload that is no JSON': () => paid('x'),
    'with a payload that is a list': () => paid([known.claims()]),
    'of four parts': () => `${known.token()}.x`,
    'of five parts, as encrypted ones have': () => `${known.token()}.x.y`,
  },
  'identity.token-signature': {
    'with an empty signature': () => known.token().replace(/[^.]+$/, ''),
    'signed with the key of another configured issuer under the same id': () => headed({}, pinned),
    'of our own issuer under its key id, with the key of a configured one': () =>
      signJwt(
        headOf({ kid: authority.ownKeyId }),
        known.claims({ iss: authority.server.url }),
        known.privateKey,
      ),
    'that brings its key in jwk': () =>
      headed({ jwk: stranger.publicKey.export({ format: 'jwk' }) }, stranger),
    'that says where its key is in jku': () =>
      headed({ jku: `${stranger.url}/oauth/discovery/keys` }, stranger),
    'that says where its certificate is in x5u': () => headed({ x5u: `${stranger.url}/x` }, stranger),
    'that brings its certificate in x5c': () => headed({ x5c: ['MIIB'] }, stranger),
  },
  'identity.token-key': {
    'with an unknown key id': () => headed({ kid: 'no such key' }),
    'of a configured issuer under our own key id': () => headed({ kid: authority.ownKeyId }),
    'of our own issuer, with key and key id of a configured one': () => ofIssuer(authority.server.url),
    'that is one of our own with another issuer in it': () =>
      authority.ownToken.split('.').with(1, encodePart(known.claims())).join('.'),
  },
  'identity.token-issuer': {
    'of an issuer that is not configured': () => stranger.token(),
    'whose issuer ends with a slash': () => ofIssuer(`${known.url}/`),
    'whose issuer is in capitals': () => ofIssuer(known.url.toUpperCase()),
    'whose issuer has another name of the same host': () =>
      ofIssuer(known.url.replace('127.0.0.1', 'localhost')),
    'whose issuer has another port': () => ofIssuer(`${known.url}0`),
    'whose issuer has another scheme': () => ofIssuer(known.url.replace('http:', 'https:')),
    'whose issuer ends with a query': () => ofIssuer(`${known.url}?`),
    'whose issuer has a space before it': () => ofIssuer(` ${known.url}`),
    'whose issuer is a list': () => ofIssuer([known.url]),
    'without an issuer': () => ofIssuer(undefined),
  },
  'identity.claims': {
    'without an end': () => known.token({ exp: undefined }),
    'that ends at a text': () => known.token({ exp: '9999999999' }),
    'that ends at no whole second': () => known.token({ exp: 9_999_999_999.5 }),
    'of a person': () => {
      const { iss, sub, aud, exp, iat, nbf, jti } = known.claims()
      return paid({ iss, sub, aud, exp, iat, nbf, jti, email: 'ada@example.test', email_verified: true })
    },
    'of a GitLab before 16.3': () => known.token({ project_visibility: undefined }),
    'without a pipeline file of its own': () => ofConfig(null),
    'with a pipeline file on another host': () => ofConfig(`${stranger.host}${config}`),
    'with a pipeline file on a host that begins alike': () => ofConfig(`${known.host}0${config}`),
    'with a name that Go reads otherwise': () => ofConfig(`${known.host}${config} b`),
    'with a name that holds an escape': () => ofConfig(`${known.host}${config}%2fb`),
    'with a claim of more than 1,024 characters': () => known.token({ ref: 'r'.repeat(1025) }),
    'without a subject': () => known.token({ sub: undefined }),
    'whose subject is a number': () => known.token({ sub: 7 }),
  },
}
const rows = Object.entries(refusals).flatMap(([code, tokens]) =>
  Object.entries(tokens).map(([what, token]) => ({ what, code, token })),
)

describe('a good token', () => {
  it('of a configured issuer gives a certificate that names its project and that issuer', async () => {
    for (const ask of [askFirst, askSecond]) {
      expect(namesOf(await ask({ ...authority, token: known.token() }))).toEqual({
        identity: `URI:https://${known.host}/team/wheels//.gitlab-ci.yml@refs/heads/main`,
        issuer: known.url,
      })
    }
  })

  it('of an issuer with a pinned key set does so too, and that issuer is never asked', async () => {
    const token = pinned.token({ aud: ['other', 'wheels'] })
    expect(namesOf(await askSecond({ ...authority, token })).issuer).toBe(pinned.url)
    expect(pinned.asked).toEqual([])
  })

  it('of our own issuer is still taken', async () => {
    const answer = await askFirst({ ...authority, token: authority.ownToken })
    expect(namesOf(answer).issuer).toBe(authority.server.url)
  })

  it('of a foreign job is not judged by the jobs that run here', async () => {
    const token = known.token({ job_id: '999999999' })
    expect((await askFirst({ ...authority, token })).status).toBe(201)
  })
})

describe('a token is refused', () => {
  it.each(rows)('$what: $code', async ({ code, token }) => {
    await expectRefused({ ...authority, token: token() }, code)
  })

  it('of a project that is not on the list of its issuer, or with a pipeline file that is not', async () => {
    const elsewhere = {
      aud: 'wheels',
      ci_config_ref_uri: `${pinned.host}${config.replace('wheels', 'other')}`,
    }
    const moved = { ...elsewhere, project_path: 'team/other' }
    for (const changes of [elsewhere, moved])
      await expectRefused({ ...authority, token: pinned.token(changes) }, 'authority.project', 403)
  })

  it('of an issuer that cannot be reached, with our fault and no address of our network', async () => {
    await expectRefused({ ...authority, token: ofIssuer(UNREACHABLE) }, 'authority.issuer-keys', 503)
    const { text } = await askFirst({ ...authority, token: ofIssuer(UNREACHABLE) })
    expect(text).not.toContain('ECONNREFUSED')
  })

  it('of more than 16 KiB, in the body as in the header', async () => {
    const token = known.token({ more: 'x'.repeat(16_384) })
    const inBody = await askSecond({ ...authority, token })
    expect(inBody).toMatchObject({ status: 400, text: expect.stringContaining('(identity.token): ') })
    expect((await askFirst({ ...authority, token })).status).toBe(431)
  })

  it.each(['', 'Bearer', 'Basic YTpi', 'Bearer a.b.c d', 'TOKEN'])('in the header %j', async (header) => {
    const headers = {
      'content-type': 'application/json',
      authorization: header.replace('TOKEN', known.token()),
    }
    const answer = await post(`${authority.server.url}/api/v1/signingCert`, headers, '{}')
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('(identity.token): ') })
  })

  it('without its issuer being asked again and again, however many key ids are invented', async () => {
    const forged = Array.from({ length: 40 }, (_, index) => headed({ kid: `k${index}` }, stranger))
    const answers = await Promise.all(forged.map((token) => askFirst({ ...authority, token })))
    expect(answers.map(({ status }) => status)).toEqual(forged.map(() => 400))
    const fetches = known.asked.filter((path) => path === '/oauth/discovery/keys')
    expect(fetches.length).toBeLessThanOrEqual(1 + Math.ceil(process.uptime() / 30))
    expect(stranger.asked).toEqual([])
  })
})

describe('the server afterwards', () => {
  it('lists whose tokens it takes', async () => {
    const answer = await fetch(`${authority.server.url}/api/v2/configuration`)
    const fixed = { challengeClaim: 'sub', issuerType: 'ci-provider' }
    expect(await answer.json()).toEqual({
      issuers: [
        { issuerUrl: authority.server.url, audience: 'sigstore', ...fixed },
        { issuerUrl: known.url, audience: 'sigstore', ...fixed },
        { issuerUrl: pinned.url, audience: 'wheels', ...fixed },
        { issuerUrl: UNREACHABLE, audience: 'sigstore', ...fixed },
      ],
    })
  })

  it('is ready, and gives certificates as before', async () => {
    expect((await fetch(`${authority.server.url}/readyz`)).status).toBe(200)
    expect((await askSecond({ ...authority, token: known.token() })).status).toBe(200)
  })
})
