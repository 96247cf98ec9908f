import { beforeEach, describe, expect, it } from 'vitest'
import {
  basic,
  SDIST,
  startPackagesServer,
  twineForm,
  WHEEL,
  type PackagesServer,
} from './packages-server.contract.ts'

let server: PackagesServer
let base: string
let token: string
beforeEach(async () => {
  server = await startPackagesServer()
  token = await server.token('api')
  base = `http://127.0.0.1:${server.port}/api/v4/projects/${server.projects.private.id}/packages/pypi`
  return () => server.close()
})

async function digestOf(fileName: string): Promise<string> {
  return (await server.registry.pypi.find(server.projects.private, { fileName }))?.sha256 ?? ''
}

async function publish(fileName = WHEEL, fields = {}): Promise<{ status: number; text: string }> {
  const body = twineForm(fileName, fields, fileName)
  const answer = await fetch(base, { method: 'POST', body, headers: { 'private-token': token } })
  return { status: answer.status, text: await answer.text() }
}

interface Sent {
  readonly body?: unknown
}

async function send(method: string, path: string, { body }: Sent = {}) {
  const headers = {
    'private-token': token,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  }
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
  const answer = await fetch(`${base}${path}`, init)
  return { status: answer.status, json: await answer.json() }
}

async function page(): Promise<{
  files: { filename: string; yanked?: unknown }[]
  'project-status': object
}> {
  const accept = 'application/vnd.pypi.simple.v1+json'
  const answer = await fetch(`${base}/simple/my-pkg/`, { headers: { accept, 'private-token': token } })
  return (await answer.json()) as Awaited<ReturnType<typeof page>>
}

async function download(): Promise<number> {
  const url = `${base}/files/${await digestOf(WHEEL)}/${WHEEL}`
  return (await fetch(url, { headers: { 'private-token': token } })).status
}

const DONE = { name: 'my-pkg', version: '1.0', files: 2 }
const RELEASE = '/names/My.Pkg/versions/1.0'

describe('a version of a package', () => {
  beforeEach(async () => {
    for (const file of [WHEEL, SDIST]) await publish(file)
    await publish('my_pkg-2.0.tar.gz', { version: '2.0' })
  })

  it('is yanked with a reason or without one, and no longer yanked', async () => {
    const yanked = async (): Promise<unknown[]> => (await page()).files.map((file) => file.yanked)
    expect(await send('PUT', `${RELEASE}/yank`, { body: { reason: 'broken' } })).toEqual({
      status: 200,
      json: DONE,
    })
    expect(await yanked()).toEqual(['broken', 'broken', undefined])
    await send('PUT', `${RELEASE}/yank`)
    expect(await yanked()).toEqual([true, true, undefined])
    expect(await send('DELETE', `${RELEASE}/yank`)).toEqual({ status: 200, json: DONE })
    expect(await yanked()).toEqual([undefined, undefined, undefined])
  })

  it('is quarantined, and no longer quarantined', async () => {
    expect(await send('PUT', `${RELEASE}/quarantine`, { body: {} })).toEqual({ status: 200, json: DONE })
    expect([(await page()).files.length, await download()]).toEqual([1, 403])
    expect(await send('DELETE', `${RELEASE}/quarantine`)).toEqual({ status: 200, json: DONE })
    expect([(await page()).files.length, await download()]).toEqual([3, 200])
  })

  it('is deleted once, and its names are never used again', async () => {
    expect(await send('DELETE', RELEASE)).toEqual({ status: 200, json: DONE })
    expect([(await page()).files.map(({ filename }) => filename), await download()]).toEqual([
      ['my_pkg-2.0.tar.gz'],
      404,
    ])
    expect(await send('DELETE', RELEASE)).toMatchObject({
      status: 404,
      json: { code: 'registry.unknown-version' },
    })
    expect(await publish()).toMatchObject({
      status: 400,
      text: expect.stringContaining('registry.file-deleted'),
    })
    const body = twineForm('other bytes')
    const other = await fetch(base, { method: 'POST', body, headers: { 'private-token': token } })
    expect([other.status, await other.json()]).toMatchObject([400, { code: 'registry.file-taken' }])
    expect(await send('DELETE', `${RELEASE}/quarantine`)).toMatchObject({ status: 404 })
    expect(await download()).toBe(404)
  })

  it.each([
    ['PUT', '/names/other/versions/1.0/yank', 404, 'registry.unknown-package'],
    ['PUT', '/names/my-pkg/versions/3/quarantine', 404, 'registry.unknown-version'],
    ['DELETE', '/names/my-pkg/versions/3', 404, 'registry.unknown-version'],
    ['PUT', '/names/my-pkg/versions/x/yank', 400, 'python.version'],
    ['PUT', '/names/-/versions/1.0/yank', 400, 'python.name'],
    ['PUT', '/names/other/status', 404, 'registry.unknown-package'],
  ])('that is not there is refused: %s %s', async (...[method, path, status, code]) => {
    const body = path.endsWith('status') ? { status: 'archived' } : method === 'PUT' ? {} : undefined
    expect(await send(method, path, { body })).toMatchObject({ status, json: { code } })
  })

  it.each(['a\nb', 'a\u202eb', 'a\u0000', 'x'.repeat(501), 'a\u2028b'])(
    'is given no reason like %j',
    async (reason) => {
      for (const mark of ['yank', 'quarantine'])
        expect(await send('PUT', `${RELEASE}/${mark}`, { body: { reason } })).toMatchObject({
          status: 400,
          json: { code: 'registry.reason' },
        })
      const body = { status: 'archived', reason }
      expect(await send('PUT', '/names/my-pkg/status', { body })).toMatchObject({ status: 400 })
      expect((await page()).files).toHaveLength(3)
    },
  )

  it('is marked by a maintainer alone, with a token that may write, and never by a job', async () => {
    const job = basic('gitlab-ci-token', await server.jobToken(server.projects.private))
    const others = [
      [403, { 'private-token': await server.token('read_api') }],
      [403, { authorization: job }],
      [401, { 'private-token': 'glpat-x' }],
    ] as const
    for (const [expected, headers] of others)
      for (const [method, path] of [
        ['PUT', `${RELEASE}/yank`],
        ['DELETE', `${RELEASE}/yank`],
        ['PUT', `${RELEASE}/quarantine`],
        ['DELETE', `${RELEASE}/quarantine`],
        ['DELETE', RELEASE],
        ['PUT', '/names/my-pkg/status'],
        ['PUT', '/settings'],
        ['GET', '/settings'],
      ] as const) {
        const { status } = await fetch(`${base}${path}`, { method, headers })
        expect([method, path, status]).toEqual([method, path, expected])
      }
    expect((await page()).files.map((file) => file.yanked)).toEqual([undefined, undefined, undefined])
  })

  it('leaves a row for each change in the audit trail, with who asked', async () => {
    await send('PUT', `${RELEASE}/yank`, { body: { reason: 'broken' } })
    await send('DELETE', `${RELEASE}/quarantine`)
    await send('DELETE', '/names/my-pkg/versions/9')
    const rows = await server.audit.list({ afterId: 0, limit: 9 })
    const asked = { project: 'group/private', user: 'ada' }
    const release = { name: 'My.Pkg', version: '1.0' }
    expect(rows.map(({ action, details, outcome }) => [action, details, outcome.kind])).toEqual([
      ['package.yank', { ...asked, ...release, reason: 'broken' }, 'done'],
      ['package.unquarantine', { ...asked, ...release }, 'done'],
      ['package.delete', { ...asked, name: 'my-pkg', version: '9' }, 'refused'],
    ])
  })
})

describe('the status of a package', () => {
  it.each(['archived', 'quarantined'])('that is %s lets no file in', async (status) => {
    await publish()
    const body = { status, reason: 'moved to other-pkg' }
    expect(await send('PUT', '/names/My.Pkg/status', { body })).toEqual({
      status: 200,
      json: { name: 'my-pkg', ...body },
    })
    const refused = await publish(SDIST)
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('moved to other-pkg') })
    expect((await server.storedFiles()).length).toBe(2)
    await send('PUT', '/names/my-pkg/status', { body: { status: 'active' } })
    expect(await publish(SDIST)).toMatchObject({ status: 201 })
    expect((await page())['project-status']).toEqual({ status: 'active' })
  })

  it('that is deprecated lets files in', async () => {
    await publish()
    await send('PUT', '/names/my-pkg/status', { body: { status: 'deprecated' } })
    expect(await publish(SDIST)).toMatchObject({ status: 201 })
  })

  it('is one of four', async () => {
    await publish()
    for (const status of ['lost', '', null])
      expect(await send('PUT', '/names/my-pkg/status', { body: { status } })).toMatchObject({ status: 400 })
  })
})

describe('the same file once more', () => {
  it('succeeds, until the project refuses it as GitLab does', async () => {
    expect(await send('GET', '/settings')).toEqual({ status: 200, json: { identical_uploads: 'accept' } })
    expect([(await publish()).status, (await publish()).status]).toEqual([201, 201])
    const body = { identical_uploads: 'refuse' }
    expect(await send('PUT', '/settings', { body })).toEqual({ status: 200, json: body })
    expect(await send('GET', '/settings')).toEqual({ status: 200, json: body })
    const { status, text } = await publish()
    expect([status, text]).toEqual([
      400,
      expect.stringContaining('Validation failed: File name has already been taken'),
    ])
    expect(await publish(SDIST)).toMatchObject({ status: 201 })
    expect(await download()).toBe(200)
  })
})
