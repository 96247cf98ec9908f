import { BlockList } from 'node:net'
import { beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex } from '../base/index.ts'
import { wheelOfSize } from '../formats/python/archive/arrange.ts'
import {
  netError,
  NEWER,
  offer,
  openBench,
  policyOf,
  pushed,
  SEALED,
  WHEEL,
  type Bench,
} from '../gate/life/arrange.ts'
import { Hono } from 'hono'
import { serveGate, type Answer, type Asked, type ServedGate } from './gate-server.contract.ts'
import type { Bindings } from './route.ts'
import { storedElsewhere } from './stored-location.ts'

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

const FILE = `/gate/prod/files/pypi/packages/${WHEEL}`
const PAGE = '/gate/prod/simple/demo/'
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const ask = (path: string, asked?: Asked): Promise<Answer> => served.ask(path, asked)

describe('a file of a gate', () => {
  it('is at the path that its page links to, and at no other that a server might resolve to it', async () => {
    const page = JSON.parse(String((await ask(PAGE, { headers: { accept: JSON_TYPE } })).body)) as {
      files: [{ url: string }]
    }
    const url = new URL(page.files[0].url, `http://127.0.0.1${PAGE}`).pathname
    expect(url).toBe(FILE)
    expect((await ask(url)).status).toBe(200)
    const paths = [
      `packages%2F${WHEEL}`,
      `packages/%2e/${WHEEL}x`,
      `packages//${WHEEL}`,
      `packages/x/..%2f${WHEEL}`,
      `Packages/${WHEEL}`,
      WHEEL,
      `packages/${WHEEL.replace('demo', '%64emo')}`,
      `packages/${WHEEL.replace('-', '%252d')}`,
      `packages/${NEWER}`,
      `packages/${WHEEL}/${WHEEL}`,
      `packages/${WHEEL}.metadata.metadata`,
      `packages/${WHEEL}.metadata.provenance`,
      `packages/${WHEEL}%2Emetadata`,
      `packages/${WHEEL}%00`,
    ]
    for (const path of paths)
      expect([path, (await ask(`/gate/prod/files/pypi/${path}`)).status]).toEqual([path, 404])
    for (const place of ['ours', 'PYPI', '', '..', '%70ypi%2f'])
      expect((await ask(`/gate/prod/files/${place}/packages/${WHEEL}`)).status).toBe(404)
  })

  it('is sent whole while it comes, and in one part when it is kept', async () => {
    const bytes = wheelOfSize(100_000, WHEEL)
    offer(bench.upstream, WHEEL, { bytes })
    const headers = { range: 'bytes=90000-' }
    const first = await ask(FILE, { headers })
    expect([first.status, first.body.length]).toEqual([200, bytes.length])
    const etag = `"${sha256Hex(bytes)}"`
    expect(first.headers).toMatchObject({
      etag,
      'accept-ranges': 'bytes',
      'cache-control': 'no-cache',
      'content-length': '100000',
    })
    const second = await ask(FILE, { headers })
    expect([second.status, second.headers['content-range']]).toEqual([206, 'bytes 90000-99999/100000'])
    expect(second.body.equals(Buffer.from(bytes.subarray(90_000)))).toBe(true)
    for (const [changed, status] of [
      [{ ...headers, 'if-range': etag }, 206],
      [{ ...headers, 'if-range': '"other"' }, 200],
      [{ range: 'bytes=0-1,5-6' }, 200],
      [{ range: `bytes=${'0-1,'.repeat(1000)}0-1` }, 200],
      [{ range: 'bytes=100000-' }, 416],
      [{ 'if-none-match': etag }, 304],
    ] as const)
      expect([changed, (await ask(FILE, { headers: changed })).status]).toEqual([changed, status])
  })

  it('that is not kept has a head, and is known by its digest, without being fetched', async () => {
    const answer = await ask(FILE, { method: 'HEAD' })
    expect([answer.status, answer.body.length, answer.headers['content-length']]).toEqual([
      200,
      0,
      expect.stringMatching(/^\d+$/),
    ])
    expect((await ask(FILE, { headers: { 'if-none-match': answer.headers.etag! } })).status).toBe(304)
    expect(bench.upstream.asked).toEqual(['page demo'])
    expect((await bench.gate.status(0)).counts.served).toBe(1)
  })

  it('of other bytes is cut where it has begun, and told with its sentence the next time', async () => {
    for (const sizeBytes of [150_000, null]) {
      const fileName = `demo-3.${sizeBytes ?? 0}-py3-none-any.whl`
      const bytes = wheelOfSize(150_000, fileName)
      const sent = Buffer.from(bytes)
      sent.writeUInt8(sent.readUInt8(40) ^ 1, 40)
      offer(bench.upstream, fileName, { bytes, sent, listed: { sizeBytes } })
      await bench.gate.refresh('demo')
      const from = pushed()
      bench.upstream.streams = from.stream
      const path = `/gate/prod/files/pypi/packages/${fileName}`
      let hasBegun = false
      const cut = ask(path, { onPart: () => (hasBegun = true) })
      await expect.poll(() => bench.upstream.asked).toContain(`open ${fileName}`)
      await from.push(sent)
      await expect.poll(() => hasBegun).toBe(true)
      await from.end()
      expect(await cut).toMatchObject({ status: 200, isCut: true })
      const again = await ask(path)
      expect(again).toMatchObject({ status: 403, reason: expect.stringContaining('(gate.digest): demo 3.') })
    }
  })

  it('of other bytes that is small is told so at once', async () => {
    offer(bench.upstream, WHEEL, { sent: Buffer.from('other') })
    expect(await ask(FILE)).toMatchObject({ status: 403, reason: expect.stringContaining('(gate.digest)') })
  })

  it('is refused in the status line and as a problem, which nobody keeps, whatever was known before', async () => {
    const { etag } = (await ask(FILE)).headers
    const strict = await policyOf(SEALED)
    await served.close()
    served = await serveGate(bench.reopen({ policy: () => strict }))
    for (const place of ['files', 'recalled'])
      for (const ending of ['', '.metadata'])
        for (const asked of [
          {},
          { headers: { 'if-none-match': etag! } },
          { headers: { range: 'bytes=0-1' } },
        ]) {
          const answer = await ask(FILE.replace('files', place) + ending, asked)
          const { detail } = JSON.parse(String(answer.body)) as { detail: string }
          expect(answer).toMatchObject({ status: 403, reason: detail })
          expect(detail).toMatch(/^refused \(gate\.unsigned\): demo 1\.0 has no seal/)
          expect(answer.headers).toMatchObject({
            'content-type': 'application/problem+json',
            'cache-control': 'no-store',
          })
        }
    const page = String((await ask(PAGE)).body)
    expect(page).toContain(`href="../../recalled/pypi/packages/${WHEEL}#`)
  })

  it('of a dead upstream is told in the status line too, and nobody keeps that', async () => {
    bench.upstream.failing.set('page', () => Promise.reject(netError()))
    const answer = await ask(FILE)
    expect(answer).toMatchObject({
      status: 424,
      reason: expect.stringContaining(
        'refused (gate.upstream): demo: pypi did not answer, and nothing is kept',
      ),
    })
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'application/problem+json',
    })
    expect((await ask(PAGE)).status).toBe(200)
  })

  it('of a full disk is a 507 with its reason, and what is kept is served all the same', async () => {
    await ask(FILE)
    const full = () => Promise.reject(netError('storage.full', 'the disk is full'))
    offer(bench.upstream, NEWER)
    await served.close()
    const store = { ...bench.store, markServed: full }
    served = await serveGate(bench.reopen({ store, cache: { ...bench.parts.cache, begin: full } }))
    await bench.gate.refresh('demo')
    expect((await ask(FILE)).status).toBe(200)
    expect(await ask(FILE.replace(WHEEL, NEWER))).toMatchObject({
      status: 502,
      reason: expect.stringContaining('full'),
    })
  })

  it('is sent by this server also where a proxy sends the files of its registry', async () => {
    await served.close()
    const proxies = new BlockList()
    proxies.addAddress('127.0.0.1')
    served = await serveGate(bench.gate, (app) => {
      const outer = new Hono<Bindings>()
      outer.use(storedElsewhere({ location: '/stored/', proxies }))
      outer.route('/', app)
      return outer
    })
    for (const path of [FILE, FILE, `${FILE}.metadata`]) {
      const answer = await ask(path)
      expect([answer.headers['x-accel-redirect'], answer.body.length > 0]).toEqual([undefined, true])
    }
  })
})
