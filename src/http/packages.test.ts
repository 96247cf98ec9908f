import { beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex } from '../base/index.ts'
import {
  startPackagesServer,
  twineBytes,
  twineForm,
  WHEEL,
  basic,
  SDIST,
  type PackagesServer,
} from './packages-server.contract.ts'

let server: PackagesServer
let token: string
let base: string
beforeEach(async () => {
  server = await startPackagesServer()
  token = await server.token('api')
  base = `/api/v4/projects/${server.projects.private.id}/packages`
  return () => server.close()
})

const TIME = '2026-01-02T03:03:19.678Z'
const JOB = 301
const ORIGIN = {
  pipelineId: 7,
  iid: 3,
  projectId: 1,
  projectPath: 'group/private',
  state: 'success',
  source: 'push',
  ref: 'main',
  sha: 'c'.repeat(40),
  user: { id: 1, login: 'ada', email: 'ada@localhost', accessLevel: 'owner' },
  createdAtMs: 1_767_322_000_000,
  updatedAtMs: 1_767_322_060_000,
} as const

type Headers = Readonly<Record<string, string>>

function send(
  method: string,
  path: string,
  init: { headers?: Headers; body?: string | FormData } = {},
): Promise<Response> {
  const headers =
    init.headers?.['authorization'] === undefined ? { 'private-token': token, ...init.headers } : init.headers
  return fetch(`http://127.0.0.1:${server.port}${base}${path}`, { method, ...init, headers })
}

/** By a job: two files of one PyPI package and a generic one beside them. */
async function publish(): Promise<void> {
  server.origins.set(JOB, ORIGIN)
  const job = await server.jobToken(server.projects.private, JOB)
  for (const name of [WHEEL, SDIST]) {
    const headers = { authorization: basic('gitlab-ci-token', job) }
    expect((await send('POST', '/pypi', { headers, body: twineForm(name, {}, name) })).status).toBe(201)
  }
  await send('PUT', `/generic/private/1.0.0/${WHEEL}.sig`, { headers: { 'job-token': job }, body: 'sig' })
}

async function rows(path: string): Promise<Record<string, unknown>[]> {
  const answer = await send('GET', path)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Record<string, unknown>[]
}

describe('the packages of a project', () => {
  it('are listed as GitLab lists them, with the pipeline that made them', async () => {
    await publish()
    const [generic, pypi, ...others] = await rows('')
    expect(others).toEqual([])
    expect(generic).toMatchObject({ name: 'private', version: '1.0.0', package_type: 'generic' })
    const url = `http://127.0.0.1:${server.port}`
    const pipeline = {
      id: 7,
      iid: 3,
      project_id: 1,
      sha: ORIGIN.sha,
      ref: 'main',
      status: 'success',
      source: 'push',
      created_at: '2026-01-02T02:46:40.000Z',
      updated_at: '2026-01-02T02:47:40.000Z',
      web_url: `${url}/group/private/-/pipelines/7`,
      user: { id: 1, username: 'ada', name: 'ada', state: 'active', avatar_url: null, web_url: `${url}/ada` },
    }
    expect(pypi).toEqual({
      id: pypi?.['id'],
      name: 'my-pkg',
      version: '1.0.0',
      package_type: 'pypi',
      status: 'default',
      _links: {
        web_path: `/group/private/-/packages/${String(pypi?.['id'])}`,
        delete_api_path: `${url}${base}/${String(pypi?.['id'])}`,
      },
      created_at: TIME,
      last_downloaded_at: null,
      project_id: server.projects.private.id,
      project_path: 'group/private',
      tags: [],
      pipeline,
      pipelines: [pipeline],
    })
  })

  it('are filtered and ordered by what GitLab has parameters for', async () => {
    await publish()
    const names = async (query: string) => (await rows(query)).map(({ name }) => name)
    expect(await names('?package_type=pypi')).toEqual(['my-pkg'])
    expect(await names('?package_name=MY_p')).toEqual(['my-pkg'])
    expect(await names('?package_name=%25')).toEqual([])
    expect(await names('?package_version=1.0.1')).toEqual([])
    expect(await names('?package_type=maven')).toEqual([])
    expect(await names('?status=processing')).toEqual([])
    expect(await names('?order_by=name&sort=asc')).toEqual(['my-pkg', 'private'])
    for (const query of [
      '?package_type=deb',
      '?status=x',
      '?order_by=size',
      '?sort=up',
      '?page=0',
      '?per_page=x',
    ])
      expect((await send('GET', query)).status).toBe(400)
  })

  it('come page by page, with links that hold no token', async () => {
    for (const version of ['1', '2', '3']) await send('PUT', `/generic/p/${version}/f`, { body: version })
    const answer = await send('GET', '?per_page=2&package_name=p&private_token=secret')
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-total': '3',
      'x-total-pages': '2',
      'x-page': '1',
      'x-per-page': '2',
      'x-next-page': '2',
      'x-prev-page': '',
    })
    const next = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1] ?? ''
    expect(answer.headers.get('link')).not.toContain('secret')
    const last = await fetch(next, { headers: { 'private-token': token } })
    expect(await last.json()).toMatchObject([{ version: '1' }])
    expect(last.headers.get('x-next-page')).toBe('')
    expect(last.headers.get('link')).toMatch(/rel="prev".*rel="first".*rel="last"/)
    expect((await send('GET', '?page=5001&per_page=2')).status).toBe(400)
  })

  it('leave out a hidden one unless it is asked for', async () => {
    await send('PUT', '/generic/p/1/f?status=hidden', { body: 'x' })
    expect(await rows('')).toEqual([])
    expect(await rows('?status=hidden')).toMatchObject([{ name: 'p', status: 'hidden' }])
    await send('PUT', '/generic/p/1/f?status=default', { body: 'x' })
    expect(await rows('')).toMatchObject([{ name: 'p', status: 'default' }])
  })
})

describe('one package', () => {
  it('is shown with its other versions, its files and their pipelines', async () => {
    await publish()
    await send('POST', '/pypi', {
      headers: { authorization: basic('ada', token) },
      body: twineForm('x', { version: '1.0.1' }, 'my_pkg-1.0.1.tar.gz'),
    })
    const [newest, first] = await rows('?package_type=pypi')
    const shown = (await (await send('GET', `/${String(first?.['id'])}`)).json()) as object
    expect(shown).toMatchObject({ version: '1.0.0', versions: [{ id: newest?.['id'], version: '1.0.1' }] })
    const files = await rows(`/${String(first?.['id'])}/package_files`)
    expect(files).toMatchObject([
      {
        file_name: WHEEL,
        file_sha256: sha256Hex(twineBytes(WHEEL)),
        size: twineBytes(WHEEL).length,
        pipelines: [{ id: 7 }],
      },
      { file_name: SDIST, package_id: first?.['id'], created_at: TIME },
    ])
    const byName = await rows(
      `/${String(first?.['id'])}/package_files?order_by=file_name&sort=desc&per_page=1`,
    )
    expect(byName).toMatchObject([{ file_name: SDIST }])
    const second = await rows(`/${String(first?.['id'])}/package_files?per_page=1&page=2`)
    expect(second).toMatchObject([{ file_name: SDIST }])
    expect(await rows(`/${String(first?.['id'])}/pipelines`)).toMatchObject([{ id: 7 }])
    expect(await rows(`/${String(newest?.['id'])}/pipelines`)).toEqual([])
  })

  it('of another project is not found', async () => {
    await publish()
    const [found] = await rows('')
    const elsewhere = `http://127.0.0.1:${server.port}/api/v4/projects/${server.projects.internal.id}/packages`
    for (const path of ['', '/package_files', '/pipelines']) {
      const answer = await fetch(`${elsewhere}/${String(found?.['id'])}${path}`, {
        headers: { 'private-token': token },
      })
      expect([answer.status, await answer.json()]).toEqual([
        404,
        expect.objectContaining({ code: 'registry.unknown-package' }),
      ])
    }
    expect((await send('GET', '/999999999999999')).status).toBe(404)
    expect((await send('GET', '/-1')).status).toBe(404)
  })
})

describe('deletion', () => {
  it('takes a file out of every list, leaves its name taken, and stands in the audit trail', async () => {
    await publish()
    const [found] = await rows('?package_type=pypi')
    const files = `/${String(found?.['id'])}/package_files`
    const [wheel] = await rows(files)
    expect((await send('DELETE', `${files}/${String(wheel?.['id'])}`)).status).toBe(204)
    expect(await rows(files)).toMatchObject([{ file_name: SDIST }])
    expect((await send('DELETE', `${files}/${String(wheel?.['id'])}`)).status).toBe(404)
    const again = await send('POST', '/pypi', {
      headers: { authorization: basic('ada', token) },
      body: twineForm('y'),
    })
    expect(again.status).toBe(400)
    const trail = await server.audit.list({ afterId: 0, limit: 9 })
    expect(trail).toMatchObject([
      {
        action: 'package-file.delete',
        details: {
          project: 'group/private',
          user: 'ada',
          package: 'my-pkg 1.0.0',
          file: String(wheel?.['id']),
        },
        outcome: { kind: 'done' },
      },
      { outcome: { kind: 'refused', code: 'registry.unknown-file' } },
    ])
  })

  it('takes a package out with all its files', async () => {
    await publish()
    const [generic, pypi] = await rows('')
    expect((await send('DELETE', `/${String(pypi?.['id'])}`)).status).toBe(204)
    expect(await rows('')).toMatchObject([{ id: generic?.['id'] }])
    expect((await send('GET', `/${String(pypi?.['id'])}`)).status).toBe(404)
    expect((await send('DELETE', `/${String(generic?.['id'])}`)).status).toBe(204)
    expect((await send('GET', `/generic/private/1.0.0/${WHEEL}.sig`)).status).toBe(404)
    expect(await (await send('GET', '/pypi/simple/')).text()).not.toContain('my-pkg')
  })

  it('is not for a job, nor for who only reads', async () => {
    await publish()
    const [found] = await rows('')
    const job = await server.jobToken(server.projects.private, JOB)
    const path = `/${String(found?.['id'])}`
    const asJob = await fetch(`http://127.0.0.1:${server.port}${base}${path}`, {
      method: 'DELETE',
      headers: { 'job-token': job },
    })
    const asReader = await send('DELETE', path, {
      headers: { 'private-token': await server.token('read_api') },
    })
    expect([asJob.status, asReader.status]).toEqual([403, 403])
    expect(await rows('')).toHaveLength(2)
    const read = await send('GET', path, { headers: { 'private-token': await server.token('read_api') } })
    expect(await read.json()).toMatchObject({ id: found?.['id'] })
  })
})

describe('the settings of the packages of a project', () => {
  const json = { 'content-type': 'application/json' }
  const set = (value: unknown) =>
    send('PUT', '/settings', { headers: json, body: JSON.stringify({ generic_duplicates_allowed: value }) })

  it('let it keep duplicates of generic files, and refuse them again', async () => {
    await send('PUT', '/generic/p/1/f', { body: 'one' })
    expect((await send('PUT', '/generic/p/1/f', { body: 'two' })).status).toBe(400)
    expect(await (await set(true)).json()).toEqual({ generic_duplicates_allowed: true })
    expect(await (await send('GET', '/settings')).json()).toEqual({ generic_duplicates_allowed: true })
    expect((await send('PUT', '/generic/p/1/f', { body: 'two' })).status).toBe(201)
    expect(await (await send('GET', '/generic/p/1/f')).text()).toBe('two')
    expect((await set(false)).status).toBe(200)
    expect((await send('PUT', '/generic/p/1/f', { body: 'one' })).status).toBe(400)
    expect(await server.audit.list({ afterId: 0, limit: 9 })).toMatchObject([
      { action: 'project.generic-duplicates', details: { user: 'ada', duplicates: 'allowed' } },
      { details: { duplicates: 'refused' } },
    ])
  })

  it('are not changed by another value, nor by a job', async () => {
    expect((await set('yes')).status).toBe(400)
    const job = await server.jobToken(server.projects.private)
    const headers = { ...json, authorization: basic('gitlab-ci-token', job) }
    const url = `http://127.0.0.1:${server.port}${base}/settings`
    const body = JSON.stringify({ generic_duplicates_allowed: true })
    expect((await fetch(url, { method: 'PUT', headers, body })).status).toBe(403)
    expect(await (await send('GET', '/settings')).json()).toEqual({ generic_duplicates_allowed: false })
  })
})
