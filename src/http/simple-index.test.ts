import { beforeEach, describe, expect, it } from 'vitest'
import type { FileChange, RegistryStore, StoredFile } from '../registry/index.ts'
import {
  basic,
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

describe('the page of a package in JSON', () => {
  it('says of each file what installers ask for', async () => {
    const wheel = await publish(WHEEL, { requires_python: '>=3.9,<4' })
    const sdist = await publish(SDIST, { requires_python: undefined })
    for (const [path, up] of [
      ['/simple/My_Pkg', '..'],
      ['/simple/my-pkg/', '../..'],
    ] as const) {
      const answer = await get(path)
      expect(answer.headers.get('content-type')).toBe(JSON_TYPE)
      const entry = ({ fileName, sha256, size, metadata }: StoredFile): object => ({
        ...(metadata === null ? {} : { 'core-metadata': { sha256: metadata.sha256 } }),
        filename: fileName,
        url: `${up}/files/${sha256}/${fileName}`,
        hashes: { sha256 },
        size,
        'upload-time': '2026-01-02T03:03:19.678Z',
      })
      expect(await answer.json()).toEqual({
        meta: { 'api-version': '1.4' },
        name: 'my-pkg',
        'project-status': { status: 'active' },
        files: [{ ...entry(wheel), 'requires-python': '>=3.9,<4' }, entry(sdist)],
        versions: ['1.0.0'],
      })
    }
  })

  it('names each version once', async () => {
    for (const version of ['1.0', '1.1', '1.1.post1']) {
      await publish(`my_pkg-${version}.tar.gz`, { version })
      await publish(`my_pkg-${version}-py3-none-any.whl`, { version })
    }
    const page = (await (await get('/simple/my-pkg/')).json()) as { versions: unknown }
    expect(page.versions).toEqual(['1.0', '1.1', '1.1.post1'])
  })

  it.each([0, 1, 499, 500, 501, 1000, 1203])('is whole with %i files', async (count) => {
    const file = await publish()
    const files = Array.from({ length: count }, (_, at) => ({
      ...file,
      id: at + 1,
      fileName: `f${at}`,
      version: `${at % 7}`,
    }))
    store.listShownFiles = async (_key, { afterId, limit }) => files.slice(afterId, afterId + limit)
    const page = (await (await get('/simple/my-pkg/')).json()) as {
      files: { filename: string }[]
      versions: string[]
    }
    expect(page.files.map(({ filename }) => filename)).toEqual(files.map(({ fileName }) => fileName))
    expect(page.versions).toHaveLength(Math.min(count, 7))
  })

  it('is written by name of the package, whatever name its files give it', async () => {
    await publish(WHEEL, { name: 'My.PKG' })
    expect(await (await get('/simple/my-pkg/')).json()).toMatchObject({ name: 'my-pkg' })
    expect(await (await get('/simple/my-pkg/', {})).text()).toContain('Links for My.PKG')
  })
})

describe('the list of packages in JSON', () => {
  it.each(['/simple', '/simple/'])('names each package once, in order: %s', async (path) => {
    expect(await (await get(path)).json()).toEqual({ meta: { 'api-version': '1.4' }, projects: [] })
    await publish('zeta-1.0.tar.gz', { name: 'zeta', version: '1.0' })
    await publish()
    await publish(SDIST)
    const answer = await get(path)
    expect(answer.headers.get('content-type')).toBe(JSON_TYPE)
    const projects = [{ name: 'my-pkg' }, { name: 'zeta' }]
    expect(await answer.json()).toEqual({ meta: { 'api-version': '1.4' }, projects })
  })

  it('leaves out a package of which no file is shown', async () => {
    await mark(await publish(), { deletedAtMs: 5 })
    expect(await (await get('/simple/')).json()).toMatchObject({ projects: [] })
  })
})

describe('a page in several media types', () => {
  const TYPES = [JSON_TYPE, 'application/vnd.pypi.simple.v1+html', 'text/html']

  it.each(['/simple/', '/simple/my-pkg/'])(
    'has a tag for each, and none is taken for another: %s',
    async (path) => {
      await publish()
      const answers = await Promise.all(TYPES.map((accept) => get(path, { accept })))
      expect(answers.map((answer) => answer.headers.get('content-type')?.split(';')[0])).toEqual(TYPES)
      const tags = answers.map((answer) => answer.headers.get('etag') ?? '')
      expect(new Set(tags).size).toBe(3)
      for (const [at, accept] of TYPES.entries())
        for (const [other, tag] of tags.entries()) {
          const answer = await get(path, { accept, 'if-none-match': tag })
          expect(answer.status).toBe(at === other ? 304 : 200)
          expect(answer.headers.get('vary')).toBe('Accept')
        }
    },
  )

  it('is the same whether it was written for this request or for one before', async () => {
    await publish()
    for (const accept of TYPES)
      for (const path of ['/simple', '/simple/', '/simple/my-pkg', '/simple/my-pkg/']) {
        const [first, again] = [await get(path, { accept }), await get(path, { accept })]
        expect(await again.text()).toBe(await first.text())
        for (const name of ['content-type', 'etag', 'vary', 'cache-control', 'content-security-policy'])
          expect(again.headers.get(name)).toBe(first.headers.get(name))
        expect(again.headers.get('content-length')).toMatch(/^[0-9]+$/)
      }
  })

  it('is asked for in a media type that there is', async () => {
    await publish()
    for (const path of ['/simple/', '/simple/my-pkg/', '/simple/absent/']) {
      const answer = await get(path, { accept: 'application/json' })
      expect([answer.status, await answer.json()]).toMatchObject([406, { code: 'http.not-acceptable' }])
    }
  })

  it('of another project with the same package is another page', async () => {
    const file = await publish()
    const other = server.projects.public
    const { projectId, ...row } = {
      ...file,
      projectId: other.id,
      kind: 'pypi' as const,
      nameKey: 'my-pkg',
      versionKey: '1',
    }
    await store.addUnique({ ...row, projectId, fileName: SDIST, createdAtMs: file.createdAtMs }, 'sdist')
    expect(await (await get('/simple/my-pkg/')).text()).toContain(WHEEL)
    const url = `http://127.0.0.1:${server.port}/api/v4/projects/${other.id}/packages/pypi/simple/my-pkg/`
    const page = await (await fetch(url, { headers: { accept: JSON_TYPE } })).text()
    expect(page).toContain(SDIST)
    expect(page).not.toContain(WHEEL)
  })
})
