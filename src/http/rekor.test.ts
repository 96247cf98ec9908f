import { describe, expect, it } from 'vitest'
import { silentLog } from '../host/index.ts'
import { proposedHashedRekord, type HashedRekord } from '../formats/sigstore/index.ts'
import { newEntry, newRekor, spki } from '../trust/rekor/arrange.ts'
import { publicKeyPem } from '../formats/x509/index.ts'
import { rekorRoutes } from './rekor.ts'

/** What an altered file looks like to the log: the signature is over another digest. */
function altered(): HashedRekord {
  return { ...newEntry(), digest: newEntry('another file').digest }
}

const ENTRIES = '/api/v1/log/entries'

async function newApp() {
  const app = rekorRoutes(await newRekor(), silentLog)
  const post = (path: string, body: unknown) =>
    app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  return { app, post }
}

describe('POST /api/v1/log/entries', () => {
  it('answers 201 with an unquoted ETag, which is the key of the map, and its place', async () => {
    const { post } = await newApp()
    const response = await post(ENTRIES, proposedHashedRekord(newEntry()))
    expect(response.status).toBe(201)
    const [uuid] = Object.keys((await response.json()) as object)
    expect(response.headers.get('etag')).toBe(uuid)
    expect(response.headers.get('location')).toBe(`${ENTRIES}/${uuid}`)
    expect(response.headers.get('content-type')).toBe('application/json')
  })

  it('answers 413 with the size and the limit, which the configuration may raise', async () => {
    const rekor = await newRekor()
    const body = JSON.stringify({
      ...(proposedHashedRekord(newEntry()) as object),
      more: 'x'.repeat(200_000),
    })
    const headers = { 'content-type': 'application/json', 'content-length': String(body.length) }
    const statusOf = async (maxEntryBytes?: number): Promise<readonly [number, string]> => {
      const app = rekorRoutes(rekor, silentLog, maxEntryBytes)
      const answer = await app.request(ENTRIES, { method: 'POST', headers, body })
      return [answer.status, await answer.text()]
    }
    expect(await statusOf(200_000)).toEqual([
      413,
      expect.stringContaining(`the body has ${body.length} bytes; the limit is 200000`),
    ])
    // It is read then, and no entry.
    for (const limit of [undefined, body.length]) expect((await statusOf(limit))[0]).toBe(400)
  })

  it('answers 409 with the place of the entry that is there', async () => {
    const { app, post } = await newApp()
    const proposed = proposedHashedRekord(newEntry())
    await post(ENTRIES, proposed)
    const response = await post(ENTRIES, proposed)
    expect(response.status).toBe(409)
    expect(await response.json()).toMatchObject({
      code: 409,
      message: expect.stringContaining('already exists'),
    })
    expect((await app.request(response.headers.get('location')!)).status).toBe(200)
  })
})

describe('GET', () => {
  it('gives an entry by UUID and by index, and an empty 404 for others', async () => {
    const { app, post } = await newApp()
    const { headers } = await post(ENTRIES, proposedHashedRekord(newEntry()))
    const byUuid = await app.request(headers.get('location')!)
    const byIndex = await app.request(`${ENTRIES}?logIndex=1`)
    expect(Object.keys((await byUuid.json()) as object)).toEqual(
      Object.keys((await byIndex.json()) as object),
    )
    const missing = await app.request(`${ENTRIES}/${'0'.repeat(64)}`)
    expect([missing.status, await missing.text()]).toEqual([404, ''])
  })

  it('gives head and key as clients parse them', async () => {
    const { app } = await newApp()
    const info = (await (await app.request('/api/v1/log')).json()) as Record<string, unknown>
    expect(info).toMatchObject({ treeSize: 1, treeID: '4660', inactiveShards: [] })
    const key = await app.request('/api/v1/log/publicKey')
    expect(key.headers.get('content-type')).toBe('application/x-pem-file')
    expect(await key.text()).toBe(publicKeyPem(spki))
  })

  it.each([
    ['4660', 200],
    ['', 200],
    ['1', 400],
    ['x', 422],
  ])('gives the key of tree %j with %i', async (treeId, status) => {
    const { app } = await newApp()
    expect((await app.request(`/api/v1/log/publicKey?treeID=${treeId}`)).status).toBe(status)
  })

  it('takes a UUID in upper case', async () => {
    const { app, post } = await newApp()
    const { headers } = await post(ENTRIES, proposedHashedRekord(newEntry()))
    const uuid = headers.get('etag')!
    const found = await app.request(`${ENTRIES}/${uuid.toUpperCase()}`)
    expect(Object.keys((await found.json()) as object)).toEqual([uuid])
  })
})

describe('GET /api/v1/log/proof', () => {
  it('answers with root and hashes, from the first entry when no first size is given', async () => {
    const { app, post } = await newApp()
    await post(ENTRIES, proposedHashedRekord(newEntry()))
    const { rootHash } = (await (await app.request('/api/v1/log')).json()) as { rootHash: string }
    const proof = (await (await app.request('/api/v1/log/proof?lastSize=2&treeID=4660')).json()) as object
    expect(proof).toMatchObject({ rootHash, hashes: [expect.stringMatching(/^[0-9a-f]{64}$/)] })
  })

  it.each([
    ['lastSize=0', 422],
    ['lastSize=x', 422],
    ['', 422],
    ['firstSize=0&lastSize=1', 422],
    ['firstSize=2&lastSize=1', 400],
    ['lastSize=9', 400],
    ['lastSize=1&treeID=1', 400],
    ['lastSize=1&treeID=x', 422],
  ])('refuses %s', async (query, status) => {
    const { app } = await newApp()
    const response = await app.request(`/api/v1/log/proof?${query}`)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ code: status })
  })

  it('takes an empty tree id for the tree there is', async () => {
    const { app } = await newApp()
    expect((await app.request('/api/v1/log/proof?lastSize=1&treeID=')).status).toBe(200)
  })
})

describe('POST /api/v1/log/entries/retrieve', () => {
  it.each([`${ENTRIES}/retrieve`, `${ENTRIES}/retrieve/`])(
    '%s finds what cosign asks for, nulls and all',
    async (path) => {
      const { post } = await newApp()
      const proposed = proposedHashedRekord(newEntry())
      await post(ENTRIES, proposed)
      const response = await post(path, { entries: [proposed], entryUUIDs: null, logIndexes: null })
      expect(response.status).toBe(200)
      expect(await response.json()).toHaveLength(1)
    },
  )

  it('answers with an empty list for what is not logged', async () => {
    const { post } = await newApp()
    const response = await post(`${ENTRIES}/retrieve`, { entries: [proposedHashedRekord(newEntry())] })
    expect([response.status, await response.json()]).toEqual([200, []])
  })

  it.each([
    ['no member', {}],
    ['null', null],
    ['lists of null', { entries: null, entryUUIDs: null, logIndexes: null }],
    ['empty lists', { entries: [], entryUUIDs: [], logIndexes: [] }],
    ['another member', { foo: 1 }],
  ])('answers with an empty list to %s', async (_what, query) => {
    const { post } = await newApp()
    const response = await post(`${ENTRIES}/retrieve`, query)
    expect([response.status, await response.json()]).toEqual([200, []])
  })

  it('answers in the order of UUIDs, proposed entries, indexes', async () => {
    const { post } = await newApp()
    const proposed = ['a', 'b'].map((text) => proposedHashedRekord(newEntry(text)))
    const uuids: string[] = []
    for (const entry of proposed) uuids.push((await post(ENTRIES, entry)).headers.get('etag')!)
    const query = { logIndexes: [0], entries: [proposed[1]], entryUUIDs: [uuids[0]] }
    const found = (await (await post(`${ENTRIES}/retrieve`, query)).json()) as object[]
    expect(found.map((entry) => Object.keys(entry)[0])).toEqual([...uuids, expect.anything()])
  })

  it.each([
    ['eleven', { logIndexes: Array.from({ length: 11 }, (_, index) => index) }, 422],
    ['eleven in two lists', { logIndexes: [0, 1, 2, 3, 4, 5], entries: [0, 1, 2, 3, 4] }, 422],
    ['a negative index', { logIndexes: [-1] }, 422],
    ['a UUID that is none', { entryUUIDs: ['junk'] }, 422],
    ['a UUID of tree 0', { entryUUIDs: ['0'.repeat(80)] }, 400],
    ['a UUID that is a number', { entryUUIDs: [1] }, 400],
    ['an index in quotes', { logIndexes: ['1'] }, 400],
    ['half an index', { logIndexes: [1.5] }, 400],
    ['a list in place of members', [], 400],
    ['a list of lists', { logIndexes: [[1]] }, 400],
    ['an index beyond 2^53', { logIndexes: [2 ** 60] }, 400],
    ['a proposal that does not hold', { entries: [{ ...(proposedHashedRekord(altered()) as object) }] }, 400],
    ['something else', { entries: 'x' }, 400],
    ['a malformed proposal', { entries: [{ kind: 'intoto' }] }, 400],
  ])('refuses a query for %s', async (_what, query, status) => {
    const { post } = await newApp()
    expect((await post(`${ENTRIES}/retrieve`, query)).status).toBe(status)
  })
})

describe('bad input', () => {
  const json = { 'content-type': 'application/json' }
  const good = (): string => JSON.stringify(proposedHashedRekord(newEntry()))

  it.each<[string, () => RequestInit, number]>([
    ['more than 8 MiB', () => ({ headers: json, body: ' '.repeat(8 << 20) + good() }), 413],
    ['no content type', () => ({ headers: {}, body: good() }), 415],
    [
      'a form',
      () => ({ headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: good() }),
      415,
    ],
    ['nothing', () => ({ headers: json, body: '' }), 400],
    ['half of an entry', () => ({ headers: json, body: good().slice(0, 200) }), 400],
    ['null', () => ({ headers: json, body: 'null' }), 400],
    ['a deep list', () => ({ headers: json, body: '['.repeat(60_000) + ']'.repeat(60_000) }), 400],
    ['a key twice', () => ({ headers: json, body: good().replace('{', '{"kind":"hashedrekord",') }), 400],
    ['a prototype', () => ({ headers: json, body: '{"__proto__":{}}' }), 400],
    ['bytes that are no UTF-8', () => ({ headers: json, body: new Uint8Array([0x22, 0xff, 0x22]) }), 400],
    [
      'base64 with a line break',
      () => ({ headers: json, body: good().replace('"content":"', '"content":"\\n') }),
      400,
    ],
    [
      'an altered file',
      () => ({ headers: json, body: JSON.stringify(proposedHashedRekord(altered())) }),
      400,
    ],
  ])('in a new entry: %s', async (_what, make, status) => {
    const { app } = await newApp()
    const response = await app.request(ENTRIES, { method: 'POST', ...make() })
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({ code: status, message: expect.stringMatching(/./) })
    expect(((await (await app.request('/api/v1/log')).json()) as { treeSize: number }).treeSize).toBe(1)
  })

  it('in a query of more than 1 MiB', async () => {
    const { app } = await newApp()
    const init = { method: 'POST', headers: json, body: ' '.repeat(1_100_000) }
    expect((await app.request(`${ENTRIES}/retrieve`, init)).status).toBe(413)
  })

  it.each(['', '-1', '+1', '01', '1.0', '1e0', '0x1', '99999999999999999999', 'x', '%00'])(
    'in an index: %j',
    async (index) => {
      const { app } = await newApp()
      const response = await app.request(`${ENTRIES}?logIndex=${index}`)
      expect(response.status).toBe(422)
      expect(await response.json()).toEqual({ code: 422, message: expect.stringMatching(/./) })
    },
  )

  it.each([
    ...['9999999999999999', '9007199254740993', '1'].map((index) => `?logIndex=${index}`),
    ...['A'.repeat(64), `${'1'.padStart(16, '0')}${'0'.repeat(64)}`].map((uuid) => `/${uuid}`),
  ])('has no entry at %s', async (place) => {
    const { app } = await newApp()
    const response = await app.request(`${ENTRIES}${place}`)
    expect([response.status, await response.text()]).toEqual([404, ''])
  })

  it.each(['0'.repeat(80), 'F'.repeat(80)])('in the tree id of a UUID: %s', async (uuid) => {
    const { app } = await newApp()
    expect((await app.request(`${ENTRIES}/${uuid}`)).status).toBe(400)
  })

  it.each(['x', '0'.repeat(79), 'g'.repeat(80), '0'.repeat(5000), '%2e%2e%2f', '%00', '%ff'])(
    'in a UUID: %s',
    async (uuid) => {
      const { app } = await newApp()
      const response = await app.request(`${ENTRIES}/${uuid}`)
      expect(response.status).toBe(422)
      expect(await response.json()).toEqual({ code: 422, message: expect.stringMatching(/./) })
    },
  )
})
