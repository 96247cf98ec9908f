import { beforeEach, describe, expect, it } from 'vitest'
import type { Access, Project } from '../access/index.ts'
import { silentLog } from '../host/index.ts'
import type { RegistryStore, StoredFile } from '../registry/index.ts'
import { startPackagesServer, twineForm, type PackagesServer } from './packages-server.contract.ts'
import { pypiGroupRoutes } from './pypi-group.ts'
import type { Bindings } from './route.ts'
import type { Hono } from 'hono'

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const GROUP = '/api/v4/groups/7/-/packages/pypi'
const AT = { atMs: 1 }

let server: PackagesServer
let store: RegistryStore
let app: Hono<Bindings>
let token: string
/** Whose packages who asks may read. */
let readable: Project[]
beforeEach(async () => {
  server = await startPackagesServer((real) => (store = real))
  token = await server.token('api')
  readable = [server.projects.private, server.projects.internal, server.projects.public]
  const access = {
    findGroup: async () => ({ id: 7, path: 'group' }),
    maySeeGroup: async () => true,
    projectsBelow: async () => Object.values(server.projects).map(({ id }) => id),
    findProject: (id: number) => server.access.findProject(id),
    may: async (_who: unknown, _action: unknown, { id }: Project) => readable.some((one) => one.id === id),
  } as unknown as Access
  const externalUrl = 'https://seal.example'
  app = pypiGroupRoutes({ pypi: server.registry.pypi, access, log: silentLog, externalUrl })
  return () => server.close()
})

interface Upload {
  readonly name?: string
  readonly content?: string
}

async function publish(
  project: Project,
  fileName: string,
  { name = 'my-pkg', content = `${project.path} ${fileName}` }: Upload = {},
): Promise<StoredFile> {
  const version = /-([0-9.]+)(?:-|\.tar)/.exec(fileName)?.[1] ?? ''
  const body = twineForm(content, { name, version }, fileName)
  const url = `http://127.0.0.1:${server.port}/api/v4/projects/${project.id}/packages/pypi`
  expect((await fetch(url, { method: 'POST', body, headers: { 'private-token': token } })).status).toBe(201)
  const file = await server.registry.pypi.find(project, { fileName })
  if (file === undefined) throw new Error('not there')
  return file
}

async function get(path: string, headers: Readonly<Record<string, string>> = { accept: JSON_TYPE }) {
  return app.request(`${GROUP}${path}`, { headers })
}

interface Page {
  readonly files: readonly { readonly filename: string; readonly hashes: { readonly sha256: string } }[]
  readonly versions: readonly string[]
}

async function page(path = '/simple/my-pkg/'): Promise<Page> {
  const answer = await get(path)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Page
}

const names = async (): Promise<readonly string[]> => (await page()).files.map(({ filename }) => filename)

describe('the page of a package in a group', () => {
  it('has the files of all projects that have it, with links to the files of the group', async () => {
    const { private: one, public: other } = server.projects
    const first = await publish(other, 'my_pkg-1.0.tar.gz')
    await publish(one, 'my_pkg-2.0.tar.gz')
    await publish(one, 'other-1.0.tar.gz', { name: 'other' })
    expect(await page('/simple/My.Pkg')).toMatchObject({
      name: 'my-pkg',
      files: [{ filename: 'my_pkg-2.0.tar.gz' }, { url: `../files/${first.sha256}/my_pkg-1.0.tar.gz` }],
      versions: ['2.0', '1.0'],
    })
    const html = await (await get('/simple/my-pkg/', {})).text()
    expect(html).toContain(`href="../../files/${first.sha256}/my_pkg-1.0.tar.gz#sha256=`)
    for (const path of [
      `/files/${first.sha256}/my_pkg-1.0.tar.gz`,
      `/files/${first.sha256}/my_pkg-1.0.tar.gz`,
    ]) {
      const answer = await get(path)
      expect([answer.status, answer.headers.get('x-checksum-sha256')]).toEqual([200, first.sha256])
    }
  })

  it('has of two files of one name that of the project with the lower id, and serves both by digest', async () => {
    const { private: one, public: other } = server.projects
    const second = await publish(other, 'my_pkg-1.0.tar.gz')
    const first = await publish(one, 'my_pkg-1.0.tar.gz')
    const { files } = await page()
    expect(files.map(({ hashes }) => hashes.sha256)).toEqual([first.sha256])
    for (const { sha256 } of [first, second])
      expect((await get(`/files/${sha256}/my_pkg-1.0.tar.gz`)).headers.get('x-checksum-sha256')).toBe(sha256)
  })

  it('shows nothing of a project that who asks may not read, as if it were not there', async () => {
    const { private: hidden, public: seen } = server.projects
    const secret = await publish(hidden, 'my_pkg-9.0.tar.gz')
    await publish(hidden, 'secret-1.0.tar.gz', { name: 'secret' })
    await publish(seen, 'my_pkg-1.0.tar.gz')
    expect(await names()).toHaveLength(2)
    readable = [seen]
    expect(await names()).toEqual(['my_pkg-1.0.tar.gz'])
    expect(await page('/simple')).toMatchObject({ projects: [{ name: 'my-pkg' }] })
    const bodyOf = async (path: string): Promise<unknown> => {
      const answer = await get(path)
      expect(answer.status).toBe(404)
      return JSON.parse((await answer.text()).replaceAll(/secret|absent/g, '…')) as unknown
    }
    expect(await bodyOf('/simple/secret/')).toEqual(await bodyOf('/simple/absent/'))
    const digest = secret.sha256
    expect(await bodyOf(`/files/${digest}/my_pkg-9.0.tar.gz`)).toEqual(
      await bodyOf(`/files/${'0'.repeat(64)}/absent-1.0.tar.gz`),
    )
    expect((await get('/integrity/my-pkg/9.0/my_pkg-9.0.tar.gz/provenance')).status).toBe(404)
  })

  it('has a tag that holds until one of its projects changes, or who asks may read others', async () => {
    const { private: one, public: other } = server.projects
    await publish(one, 'my_pkg-1.0.tar.gz')
    await publish(other, 'my_pkg-2.0.tar.gz')
    const tagOf = async (): Promise<string> => (await get('/simple/my-pkg/')).headers.get('etag') ?? ''
    const statusFor = async (tag: string): Promise<number> =>
      (await get('/simple/my-pkg/', { accept: JSON_TYPE, 'if-none-match': tag })).status
    const tag = await tagOf()
    expect([await statusFor(tag), await tagOf()]).toEqual([304, tag])
    readable = [one]
    expect([await statusFor(tag), await names()]).toEqual([200, ['my_pkg-1.0.tar.gz']])
    const tags = [await tagOf()]
    readable = [other]
    tags.push(await tagOf())
    // Both were written to once, at one time: their revisions are the same.
    expect(new Set(tags).size).toBe(2)
    readable = [one, other]
    expect([await statusFor(tag), (await names()).length]).toEqual([304, 2])
    await publish(other, 'my_pkg-3.0.tar.gz')
    expect([await statusFor(tag), (await names()).length]).toEqual([200, 3])
    expect((await get('/simple/my-pkg/', { 'if-none-match': await tagOf() })).status).toBe(200)
  })

  it('has the status of the first project in which it is active, and no file of one where it is quarantined', async () => {
    const { private: one, public: other } = server.projects
    await publish(one, 'my_pkg-1.0.tar.gz')
    const file = await publish(other, 'my_pkg-2.0.tar.gz')
    const key = { kind: 'pypi', nameKey: 'my-pkg' } as const
    const quarantined = { status: 'quarantined', statusReason: 'haunted' } as const
    await store.setStatus({ ...key, projectId: one.id }, quarantined, AT)
    expect(await page()).toMatchObject({
      'project-status': { status: 'active' },
      files: [{ filename: file.fileName }],
    })
    await store.setStatus({ ...key, projectId: other.id }, quarantined, AT)
    expect(await page()).toMatchObject({
      'project-status': { status: 'quarantined', reason: 'haunted' },
      files: [],
    })
    expect((await get(`/files/${file.sha256}/${file.fileName}`)).status).toBe(403)
  })

  it('serves a file that one project has and another has deleted', async () => {
    const { private: one, public: other } = server.projects
    const file = await publish(one, 'my_pkg-1.0.tar.gz', { content: 'the same' })
    await publish(other, 'my_pkg-1.0.tar.gz', { content: 'the same' })
    await store.changeFile(file.id, { deletedAtMs: 1 }, AT)
    expect((await get(`/files/${file.sha256}/${file.fileName}`)).status).toBe(200)
  })

  it.each(['..%2f', '%00', '-', 'x'.repeat(4096)])('has no package %j', async (name) => {
    expect((await get(`/simple/${name}/`)).status).toBe(404)
    expect((await get(`/files/${'0'.repeat(64)}/${name}`)).status).toBe(404)
  })
})

describe('the list of packages of a group', () => {
  it.each(['/simple', '/simple/'])('names each package of all projects once, in order: %s', async (path) => {
    const { private: one, public: other } = server.projects
    await publish(one, 'zeta-1.0.tar.gz', { name: 'zeta' })
    await publish(other, 'my_pkg-1.1.tar.gz')
    await publish(other, 'zeta-1.1.tar.gz', { name: 'zeta' })
    const projects = [{ name: 'my-pkg' }, { name: 'zeta' }]
    expect(await page(path)).toEqual({ meta: { 'api-version': '1.4' }, projects })
    const html = await get(path, {})
    expect((await html.text()).match(/href="[^"]*"/g)).toEqual(
      ['my-pkg', 'zeta'].map((name) => `href="${path === '/simple' ? 'simple/' : ''}${name}/"`),
    )
    expect([html.headers.get('cache-control'), html.headers.get('vary')]).toEqual(['no-cache', 'Accept'])
    expect((await get(path, { accept: 'image/png' })).status).toBe(406)
  })
})
