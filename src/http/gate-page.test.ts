import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { offer, openBench, policyOf, SEALED, WHEEL, type Bench } from '../gate/life/arrange.ts'
import { serveGate, type Answer, type Asked, type ServedGate } from './gate-server.contract.ts'

let bench: Bench
let served: ServedGate
beforeEach(async () => {
  bench = await openBench()
  served = await serveGate(bench.gate)
  offer(bench.upstream, WHEEL)
  return async () => {
    await served.close()
    await bench.close()
  }
})

const PAGE = '/gate/prod/simple/demo/'
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const ask = (path: string, asked?: Asked): Promise<Answer> => served.ask(path, asked)
const head = ({ status, headers }: Answer) => [status, headers.location]

describe('a page of a gate', () => {
  it.each(['/gate/prod/simple/Demo/', '/gate/prod/simple/DEMO/?x=//evil.example/'])(
    'at %s is told where it is, on this gate',
    async (path) => {
      expect(head(await ask(path))).toEqual([301, '../demo/'])
    },
  )

  it('without its slash, and the page of all names, are told where they are', async () => {
    expect(head(await ask('/gate/prod/simple/demo'))).toEqual([301, 'demo/'])
    expect(head(await ask('/gate/prod/simple/Foo__Bar..baz'))).toEqual([301, 'foo-bar-baz/'])
    expect(head(await ask('/gate/prod/simple'))).toEqual([301, 'simple/'])
    await ask(PAGE)
    expect(String((await ask('/gate/prod/simple/')).body)).toContain('href="demo/"')
  })

  it.each([
    'ｄｅｍｏ',
    'dеmo',
    'demo%20',
    'demo.',
    '%2e%2e',
    '..%2fdemo',
    'demo%2f..',
    'demo%00',
    '%2564emo',
    'demo%0d%0aX-Evil:1',
    '-',
    'a'.repeat(5000),
  ])('of the name %s is unknown, and nobody is asked', async (name) => {
    const answer = await ask(`/gate/prod/simple/${encodeURI(name).replaceAll('%25', '%')}/`)
    expect(answer.status).toBe(404)
    expect(answer.headers).not.toHaveProperty('location')
    expect(bench.upstream.asked).toEqual([])
  })

  it.each([
    '//gate/prod/simple/demo/',
    '/gate/prod//simple/demo/',
    '/gate/prod/simple//',
    '/gate/other/simple/demo/',
  ])('is not at %s', async (path) => {
    expect((await ask(path)).status).toBe(404)
    expect(bench.upstream.asked).toEqual([])
  })

  it('that its upstream does not have is a problem that uv shows, and nobody keeps', async () => {
    const answer = await ask('/gate/prod/simple/nobody/', { headers: { accept: 'text/html' } })
    expect(answer).toMatchObject({
      status: 404,
      reason: expect.stringContaining('pypi has no package nobody'),
    })
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    })
    expect(JSON.parse(String(answer.body))).toMatchObject({
      code: 'gate.unknown',
      detail: expect.any(String),
    })
  })

  it('is the same by whatever host and through whatever proxy it is asked for', async () => {
    const plain = await ask(PAGE)
    const forged = {
      host: 'gate.test',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'gopher',
      'x-forwarded-prefix': '/evil',
      forwarded: 'host=evil.example',
    }
    expect((await ask(PAGE, { headers: forged })).body).toEqual(plain.body)
    expect((await ask(PAGE, { headers: { host: 'evil.example' } })).status).toBe(421)
  })

  it('has a tag for each form of its bytes, none of which is taken for another', async () => {
    const forms: Asked[] = [
      {},
      { headers: { accept: JSON_TYPE } },
      { headers: { accept: 'application/vnd.pypi.simple.v1+html' } },
    ]
    const tags = []
    for (const form of forms)
      for (const encoding of ['identity', 'gzip']) {
        const answer = await ask(PAGE, { headers: { ...form.headers, 'accept-encoding': encoding } })
        expect(answer.headers).toMatchObject({ vary: 'Accept, Accept-Encoding', 'cache-control': 'no-cache' })
        expect(answer.headers['content-encoding']).toBe(encoding === 'gzip' ? 'gzip' : undefined)
        tags.push(answer.headers.etag)
      }
    expect(new Set(tags).size).toBe(6)
    for (const tag of tags.slice(1))
      expect((await ask(PAGE, { headers: { 'if-none-match': tag! } })).status).toBe(200)
    const again = await ask(PAGE, { headers: { 'if-none-match': `"x", ${tags[0]}` } })
    expect([again.status, again.headers.vary, again.body.length]).toEqual([304, 'Accept, Accept-Encoding', 0])
  })

  it('is packed as it is', async () => {
    const [plain, packed] = [
      await ask(PAGE),
      await ask(PAGE, { headers: { 'accept-encoding': 'br, gzip;q=0.5' } }),
    ]
    expect(gunzipSync(packed.body)).toEqual(plain.body)
    const refused = await ask(PAGE, { headers: { 'accept-encoding': 'gzip;q=0, *' } })
    expect(refused.headers).not.toHaveProperty('content-encoding')
  })

  it.each([1, 30, 300])('of %i files is packed to the same bytes', async (count) => {
    for (let at = 0; at < count; at += 1) offer(bench.upstream, WHEEL.replace('1.0', `1.${at}`))
    const asked = { headers: { accept: JSON_TYPE } }
    const plain = await ask(PAGE, asked)
    const packed = await ask(PAGE, { headers: { ...asked.headers, 'accept-encoding': 'gzip' } })
    expect(String(plain.body).split('"filename"')).toHaveLength(count + 1)
    expect(gunzipSync(packed.body)).toEqual(plain.body)
    expect(packed.body.length).toBeLessThan(plain.body.length / (count === 1 ? 1 : 4))
  })

  it('is never "not changed" after another decision', async () => {
    const strict = await policyOf(SEALED)
    let policy = bench.parts.policy()
    await served.close()
    served = await serveGate(bench.reopen({ policy: () => policy }))
    const { etag } = (await ask(PAGE)).headers
    const headers = { 'if-none-match': etag! }
    expect((await ask(PAGE, { headers })).status).toBe(304)
    policy = strict
    const after = await ask(PAGE, { headers })
    expect([after.status, String(after.body)]).toEqual([
      200,
      expect.stringContaining('data-yanked="refused (gate.unsigned)'),
    ])
  })

  it('has a head, and of what nobody can read there is none', async () => {
    const answer = await ask(PAGE, { method: 'HEAD' })
    expect([answer.status, answer.body.length, answer.headers.etag]).toEqual([
      200,
      0,
      (await ask(PAGE)).headers.etag,
    ])
    expect((await ask(PAGE, { headers: { accept: 'image/png' } })).status).toBe(406)
    expect((await ask(PAGE, { method: 'POST' })).status).toBe(404)
  })

  it('with another Accept poisons no page that is kept', async () => {
    const html = await ask(PAGE)
    const json = await ask(PAGE, { headers: { accept: JSON_TYPE } })
    for (const accept of [`${JSON_TYPE};q=0`, 'text/html, x'.repeat(300), 'a'.repeat(5000)])
      await ask(PAGE, { headers: { accept } })
    expect((await ask(PAGE)).body).toEqual(html.body)
    expect((await ask(PAGE, { headers: { accept: JSON_TYPE } })).body).toEqual(json.body)
  })
})
