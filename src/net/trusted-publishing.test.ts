import { afterEach, describe, expect, it } from 'vitest'
import { Secret } from '../base/index.ts'
import { systemFiles } from '../host/index.ts'
import { serve, type Running } from './arrange.ts'
import { createHttp, exchangeIdToken, idTokenVariable } from './index.ts'

const running: Running[] = []
afterEach(() => {
  for (const one of running.splice(0)) one.close()
})

const tokenFor = (aud: unknown): Secret =>
  new Secret(`h.${Buffer.from(JSON.stringify({ aud })).toString('base64url')}.s`)

interface Index {
  readonly audience?: { readonly status: number; readonly body: string }
  readonly mint?: { readonly status: number; readonly body: string }
}

/** Stands in for an index with trusted publishing; gives what it was asked. */
async function exchange(index: Index, idToken: Secret): Promise<{ token: string; asked: readonly string[] }> {
  const asked: string[] = []
  const one = await serve((request, response) => {
    const body: Buffer[] = []
    request
      .on('data', (part: Buffer) => body.push(part))
      .on('end', () => {
        asked.push(`${request.method} ${request.url} ${Buffer.concat(body).toString()}`)
        const { audience = { status: 200, body: '{"audience":"index"}' }, mint } = index
        const answer = request.url === '/_/oidc/audience' ? audience : mint
        response.writeHead(answer?.status ?? 500).end(answer?.body)
      })
  })
  running.push(one)
  const http = createHttp({ env: {}, files: systemFiles })
  try {
    return { token: (await exchangeIdToken(http, one.url, () => idToken)).reveal(), asked }
  } catch (error) {
    throw Object.assign(error as Error, { asked })
  }
}

describe('trusted publishing', () => {
  it('has the id token in the variable in which uv looks for it', () => {
    expect(['pypi', 'wheelseal:seal.example:8443'].map(idTokenVariable)).toEqual([
      'PYPI_ID_TOKEN',
      'WHEELSEAL_SEAL_EXAMPLE_8443_ID_TOKEN',
    ])
  })

  it('gives an upload token for an id token, as PyPI documents it', async () => {
    const mint = { status: 200, body: '{"success":true,"token":"pypi-x"}' }
    const idToken = tokenFor(['other', 'index'])
    expect(await exchange({ mint }, idToken)).toEqual({
      token: 'pypi-x',
      asked: ['GET /_/oidc/audience ', `POST /_/oidc/mint-token {"token":"${idToken.reveal()}"}`],
    })
  })

  it('does not send a token that is for someone else', async () => {
    await expect(exchange({}, tokenFor('sigstore'))).rejects.toMatchObject({
      code: 'net.trusted-publishing',
      message: expect.stringContaining('audience index, and this one is for sigstore'),
      asked: ['GET /_/oidc/audience '],
    })
  })

  it('says why the index refuses, and never the token', async () => {
    const body = JSON.stringify({
      message: 'Token request failed',
      errors: [{ code: 'invalid-publisher', description: 'valid token, but no publisher\u001b[2J' }],
    })
    const idToken = tokenFor('index')
    const error = await exchange({ mint: { status: 422, body } }, idToken).catch((one: unknown) => one)
    expect(error).toMatchObject({
      code: 'net.trusted-publishing',
      message: expect.stringMatching(/422: Token request failed: valid token, but no publisher\\u\{1b\}/),
    })
    expect(JSON.stringify([error, (error as Error).stack]).replaceAll(/"asked":\[.*?\]/g, '')).not.toContain(
      idToken.reveal(),
    )
  })

  it.each([
    ['an index without it', { audience: { status: 404, body: '<html>' } }],
    ['an answer without an audience', { audience: { status: 200, body: '{}' } }],
    ['a success without a token', { mint: { status: 200, body: '{"success":true}' } }],
    ['a token with a line break', { mint: { status: 200, body: '{"token":"a\\nb"}' } }],
    ['a refusal with a token', { mint: { status: 403, body: '{"token":"x"}' } }],
  ])('fails with %s', async (_what, index) => {
    await expect(exchange(index, tokenFor('index'))).rejects.toMatchObject({ code: 'net.trusted-publishing' })
  })

  it('refuses what is no token before it asks for more', async () => {
    await expect(exchange({}, new Secret('not a token'))).rejects.toMatchObject({
      code: 'net.trusted-publishing',
    })
    await expect(exchange({}, new Secret('a.!!.c'))).rejects.toThrow('not a JSON Web Token')
  })
})
