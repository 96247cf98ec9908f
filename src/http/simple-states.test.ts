import { beforeEach, describe, expect, it } from 'vitest'
import type { FileChange, RegistryStore, StoredFile } from '../registry/index.ts'
import {
  basic,
  EXTERNAL_URL,
  SDIST,
  startPackagesServer,
  twineForm,
  WHEEL,
  type PackagesServer,
} from './packages-server.contract.ts'

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const AT = { atMs: 1 }

let server: PackagesServer
let store: RegistryStore
let base: string
let authorization: string
beforeEach(async () => {
  server = await startPackagesServer((real) => (store = real))
  authorization = basic('gitlab-ci-token', await server.jobToken(server.projects.private))
  base = `/api/v4/projects/${server.projects.private.id}/packages/pypi`
  return () => server.close()
})

function get(
  path: string,
  headers: Readonly<Record<string, string>> = { accept: JSON_TYPE },
): Promise<Response> {
  const url = `http://127.0.0.1:${server.port}${base}${path}`
  return fetch(url, { redirect: 'manual', headers: { authorization, ...headers } })
}

async function publish(fileName = WHEEL, fields = {}): Promise<StoredFile> {
  const body = twineForm(fileName, fields, fileName)
  const url = `http://127.0.0.1:${server.port}${base}`
  expect((await fetch(url, { method: 'POST', body, headers: { authorization } })).status).toBe(201)
  const file = await server.registry.pypi.find(server.projects.private, { fileName })
  if (file === undefined) throw new Error('not there')
  return file
}

async function mark(file: StoredFile, change: FileChange): Promise<void> {
  expect(await store.changeFile(file.id, change, AT)).toMatchObject(change)
}

/** Kept as any blob is. */
async function blob(text: string): Promise<{ sha256: string; size: number }> {
  const staged = await server.registry.pypi.stage(ReadableStream.from([Buffer.from(text)]))
  await staged.commit()
  return { sha256: staged.sha256, size: staged.size }
}

describe('a file that is marked', () => {
  it('as yanked is listed with the reason, and served', async () => {
    const file = await publish()
    for (const [reason, inJson, inHtml] of [
      ['', true, 'data-yanked=""'],
      ['bad <b>', 'bad <b>', 'data-yanked="bad &lt;b&gt;"'],
    ] as const) {
      await mark(file, { yankedReason: reason })
      expect(await (await get('/simple/my-pkg/')).json()).toMatchObject({ files: [{ yanked: inJson }] })
      expect(await (await get('/simple/my-pkg/', {})).text()).toContain(inHtml)
    }
    expect((await get(`/files/${file.sha256}/${WHEEL}`)).status).toBe(200)
    await mark(file, { yankedReason: null })
    expect(await (await get('/simple/my-pkg/')).text()).not.toContain('yanked')
    expect(await (await get('/simple/my-pkg/', {})).text()).not.toContain('yanked')
  })

  it('as quarantined is not listed, and refused with the reason', async () => {
    const [file] = [await publish(), await publish(SDIST)]
    await mark(file, { quarantinedReason: 'token was stolen', metadata: await blob('m') })
    expect(await (await get('/simple/my-pkg/')).json()).toMatchObject({
      'project-status': { status: 'active' },
      files: [{ filename: SDIST }],
    })
    for (const ending of ['', '.metadata']) {
      const answer = await get(`/files/${file.sha256}/${WHEEL}${ending}`)
      expect([answer.status, answer.statusText]).toEqual([403, expect.stringContaining('token was stolen')])
      expect(await answer.json()).toMatchObject({
        code: 'registry.quarantined',
        message: expect.stringContaining('stolen'),
      })
    }
  })

  it('as deleted is not listed and not found, and its name stays in the index', async () => {
    const file = await publish()
    await mark(file, { deletedAtMs: 5 })
    const names = ['my-pkg']
    await server.registry.pypi.setForwarding(server.projects.private, {
      indexUrl: 'https://index.example',
      names,
    })
    expect(await (await get('/simple/my-pkg/')).json()).toMatchObject({ files: [], versions: [] })
    expect((await get(`/files/${file.sha256}/${WHEEL}`)).status).toBe(404)
  })

  it('as not listed is not listed', async () => {
    await mark(await publish(), { isListed: false })
    expect(await (await get('/simple/my-pkg/')).json()).toMatchObject({ files: [] })
  })
})

describe('a package that is quarantined', () => {
  const quarantined = async (): Promise<void> => {
    const answer = await get('/simple/my-pkg/')
    expect(await answer.json()).toMatchObject({
      'project-status': { status: 'quarantined', reason: 'haunted' },
      files: [],
      versions: [],
    })
    const page = await (await get('/simple/my-pkg/', {})).text()
    expect(page).toContain('<meta name="pypi:project-status" content="quarantined">')
    expect(page).toContain('<meta name="pypi:project-status-reason" content="haunted">')
    expect(page).not.toContain('<a ')
  }

  it('says so, and shows no file and gives none', async () => {
    const file = await publish()
    const key = { projectId: server.projects.private.id, kind: 'pypi', nameKey: 'my-pkg' } as const
    await store.setStatus(key, { status: 'quarantined', statusReason: 'haunted' }, AT)
    await quarantined()
    expect((await get(`/files/${file.sha256}/${WHEEL}`)).status).toBe(403)
    await store.setStatus(key, { status: 'archived', statusReason: '' }, AT)
    expect(await (await get('/simple/my-pkg/')).json()).toMatchObject({
      'project-status': { status: 'archived' },
      files: [{ filename: WHEEL }],
    })
    expect((await get(`/files/${file.sha256}/${WHEEL}`)).status).toBe(200)
  })

  it('file by file says so too, once the last one is', async () => {
    const [one, other, gone] = [
      await publish(),
      await publish(SDIST),
      await publish('my_pkg-2.0.tar.gz', { version: '2.0' }),
    ]
    await mark(gone, { deletedAtMs: 3 })
    await mark(one, { quarantinedReason: 'haunted' })
    await mark(other, { isListed: false })
    expect(await (await get('/simple/my-pkg/')).json()).toMatchObject({
      'project-status': { status: 'active' },
    })
    await mark(other, { quarantinedReason: '' })
    await quarantined()
  })
})

describe('what is kept beside a file', () => {
  it('is its core metadata, under its name with an ending, and told of with its digest', async () => {
    const file = await publish()
    await mark(file, { metadata: null })
    const metadata = await blob('Metadata-Version: 2.1')
    const url = `/files/${file.sha256}/${WHEEL}.metadata`
    expect((await get(url)).status).toBe(404)
    await mark(file, { metadata })
    const page = (await (await get('/simple/my-pkg/')).json()) as { files: object[] }
    expect(page.files).toMatchObject([{ 'core-metadata': { sha256: metadata.sha256 } }])
    expect(await (await get('/simple/my-pkg/', {})).text()).toContain(
      `data-core-metadata="sha256=${metadata.sha256}"`,
    )
    const answer = await get(url)
    expect([await answer.text(), answer.headers.get('etag')]).toEqual([
      'Metadata-Version: 2.1',
      `"${metadata.sha256}"`,
    ])
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${WHEEL}.metadata"`)
    expect((await get(`/files/${metadata.sha256}/${WHEEL}.metadata`)).status).toBe(404)
  })

  it('is its provenance, which a whole URL names', async () => {
    const file = await publish()
    const url = `/integrity/my-pkg/1.0.0/${WHEEL}/provenance`
    expect((await get(url)).status).toBe(404)
    const provenance = await blob('{"version":1,"attestation_bundles":[]}')
    await mark(file, { provenance })
    const whole = `${EXTERNAL_URL}${base}${url}`
    expect(await (await get('/simple/my-pkg/')).json()).toMatchObject({ files: [{ provenance: whole }] })
    expect(await (await get('/simple/my-pkg/', {})).text()).toContain(`data-provenance="${whole}"`)
    const answer = await get(url)
    expect(answer.headers.get('content-type')).toBe('application/vnd.pypi.integrity.v1+json')
    expect(await answer.json()).toEqual({ version: 1, attestation_bundles: [] })
    expect((await get(`/integrity/My_PKG/1.0/${WHEEL}/provenance`)).status).toBe(200)
    for (const wrong of ['other/1.0.0', 'my-pkg/1.0.1', 'my-pkg/x', '%2f/1.0'])
      expect((await get(`/integrity/${wrong}/${WHEEL}/provenance`)).status).toBe(404)
    await mark(file, { quarantinedReason: '' })
    expect((await get(url)).status).toBe(403)
  })
})
