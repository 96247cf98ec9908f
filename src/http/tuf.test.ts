import { describe, expect, it } from 'vitest'
import { sha256Hex } from '../base/index.ts'
import { DAY, makeRepository } from '../trust/tuf/arrange.ts'
import { tufRoutes } from './tuf.ts'

const made = await makeRepository()
const app = tufRoutes(await made.open())
const rekor = made.targets.find(({ name }) => name === 'rekor.pub')
const rekorPath = `targets/${sha256Hex(rekor!.bytes)}.rekor.pub`

describe('GET /tuf', () => {
  it.each([
    ['root.json', 'application/json', 'no-cache'],
    ['timestamp.json', 'application/json', 'no-cache'],
    ['1.root.json', 'application/json', 'public, max-age=3600'],
    ['1.snapshot.json', 'application/json', 'public, max-age=3600'],
    ['1.targets.json', 'application/json', 'public, max-age=3600'],
    [rekorPath, 'application/x-pem-file', 'public, max-age=3600'],
  ])('serves %s', async (path, type, caching) => {
    const response = await app.request(`/tuf/${path}`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(type)
    expect(response.headers.get('cache-control')).toBe(caching)
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(made.store.files.get(path))
  })

  it.each([
    '/tuf/2.root.json',
    '/tuf/targets.json',
    '/tuf/',
    '/tuf',
    '/tuf/targets',
    '/tuf/targets/rekor.pub',
    `/tuf/targets/${'0'.repeat(64)}.rekor.pub`,
    '/tuf/..%2f1.root.json',
    '/tuf/targets/..%2froot.json',
    '/tuf/%00',
    '/tuf/%ff',
  ])('answers %s with 404, which no cache may keep', async (path) => {
    const response = await app.request(path)
    expect(response.status).toBe(404)
    expect(response.headers.get('cache-control') ?? '').not.toContain('max-age')
  })

  it('says that nothing has changed, until the timestamp is renewed', async () => {
    const etag = (await app.request('/tuf/timestamp.json')).headers.get('etag')!
    const headers = { 'if-none-match': etag }
    const unchanged = await app.request('/tuf/timestamp.json', { headers })
    expect([unchanged.status, await unchanged.text()]).toEqual([304, ''])
    made.clock.seconds += 5 * DAY
    const renewed = await app.request('/tuf/timestamp.json', { headers })
    expect(renewed.status).toBe(200)
    expect(await renewed.json()).toMatchObject({ signed: { version: 2 } })
  })

  it('answers HEAD, and takes no writes', async () => {
    const head = await app.request('/tuf/root.json', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect((await app.request('/tuf/root.json', { method: 'PUT', body: '{}' })).status).toBe(404)
  })
})
