import { describe, expect, it } from 'vitest'
import { encodeBase64, encodeHex, utf8 } from '../base/index.ts'
import { silentLog } from '../host/index.ts'
import { newEntry, newRekor, newSigner } from '../trust/rekor/arrange.ts'
import { hashedRekordOf } from '../trust/rekor/index.ts'
import { rekorSearchRoutes } from './rekor-search.ts'

/** Two entries of one file, the second one's key also over another file. */
async function newApp() {
  const rekor = await newRekor()
  const signer = newSigner()
  const entries = [newEntry(), newEntry('a file', signer), newEntry('another', signer)]
  const uuids: string[] = []
  for (const entry of entries) uuids.push((await rekor.create(hashedRekordOf(entry))).uuid)
  const app = rekorSearchRoutes(rekor, silentLog)
  const search = async (query: unknown) => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify(query)
    const response = await app.request('/api/v1/index/retrieve', { method: 'POST', headers, body })
    return { status: response.status, json: await response.json() }
  }
  const hash = `sha256:${encodeHex(entries[0]!.digest)}`
  const publicKey = { format: 'x509', content: encodeBase64(utf8(entries[1]!.publicKeyPem)) }
  return { uuids, search, hash, publicKey }
}

describe('POST /api/v1/index/retrieve', () => {
  it('finds entries by the hash of what was signed, in any spelling of stock clients', async () => {
    const { uuids, search, hash } = await newApp()
    const both = { status: 200, json: uuids.slice(0, 2) }
    expect(await search({ hash })).toEqual(both)
    expect(await search({ hash: hash.slice('sha256:'.length).toUpperCase() })).toEqual(both)
  })

  it('finds entries by who signed, also with other line ends', async () => {
    const { uuids, search, publicKey } = await newApp()
    expect((await search({ publicKey })).json).toEqual(uuids.slice(1))
    const crlf = Buffer.from(publicKey.content, 'base64').toString().replaceAll('\n', '\r\n')
    expect((await search({ publicKey: { ...publicKey, content: btoa(crlf) } })).json).toEqual(uuids.slice(1))
  })

  it('gives what all, or what any of the terms find', async () => {
    const { uuids, search, hash, publicKey } = await newApp()
    expect((await search({ hash, publicKey, operator: 'and' })).json).toEqual([uuids[1]])
    expect((await search({ hash, publicKey })).json).toEqual(uuids)
    expect((await search({ hash, email: 'a@b.example', operator: 'and' })).json).toEqual([])
  })

  it.each([{}, null, { hash: 'ab'.repeat(32) }, { email: 'a@b.example' }, { operator: 'and' }])(
    'finds nothing by %j',
    async (query) => {
      expect(await (await newApp()).search(query)).toEqual({ status: 200, json: [] })
    },
  )

  it.each([
    [422, { hash: 'sha256:x' }],
    [422, { hash: `sha1:${'ab'.repeat(32)}` }],
    [422, { operator: 'nor' }],
    [422, { publicKey: { format: 'pgp', content: 'AA==' } }],
    [422, { publicKey: { format: 'x509', url: 'http://127.0.0.1/key' } }],
    [400, { publicKey: { format: 'x509', content: 'AA==' } }],
    [400, { hash: 1 }],
  ])('answers %i to %j, as stock Rekor does', async (status, query) => {
    const refused = await (await newApp()).search(query)
    expect(refused).toEqual({ status, json: { code: status, message: expect.any(String) } })
  })
})
