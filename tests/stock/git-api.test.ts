import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commit, gitOrFail, startGitBench, type GitBench } from '../support/git.ts'

let bench: GitBench
let token: string
let sha: string
let api: string
beforeAll(async () => {
  bench = await startGitBench()
  const { id, path } = await bench.project()
  token = await bench.token('maintainer')
  api = `${bench.server.url}/api/v4/projects/${id}`
  const work = await bench.work()
  await commit(work, { 'a b/ü.txt': 'text', raw: 'r' }, 'the first')
  sha = await commit(work, { '.gitlab-ci.yml': 'build:\n  script: echo $X\n' }, 'the second\n\nwith more')
  await gitOrFail(work, 'tag', 'v1')
  await gitOrFail(work, 'tag', '-a', 'v2', '-m', 'annotated')
  await gitOrFail(work, 'push', '--quiet', bench.url(path, token), 'main', 'main:topic/x', 'v1', 'v2')
})
afterAll(() => bench.close())

async function ask(path: string, init: RequestInit = {}, as = token) {
  const headers = new Headers(init.headers)
  headers.set('private-token', as)
  const answer = await fetch(`${api}${path}`, { ...init, headers })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, text, json: () => JSON.parse(text) as never }
}

const post = (body: object) =>
  ask('/pipeline', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })

describe('the API of a repository', () => {
  it('lists branches and tags, with what annotated tags say', async () => {
    expect((await ask('/repository/branches')).json()).toMatchObject([
      { name: 'main', default: true, protected: true, commit: { id: sha, title: 'the second' } },
      { name: 'topic/x', default: false, protected: false },
    ])
    expect((await ask('/repository/tags')).json()).toMatchObject([
      { name: 'v1', target: sha, message: '' },
      { name: 'v2', target: sha, message: 'annotated', commit: { id: sha } },
    ])
    expect((await ask('/repository/tags?search=2')).json()).toMatchObject([{ name: 'v2' }])
  })

  it('lists commits by pages, and shows one', async () => {
    const first = await ask('/repository/commits?per_page=1&ref_name=topic/x')
    expect(first.json()).toMatchObject([{ id: sha, title: 'the second', message: 'the second\n\nwith more' }])
    expect(first.headers.get('x-next-page')).toBe('2')
    const second = await ask('/repository/commits?per_page=1&page=2')
    expect(second.json()).toMatchObject([{ title: 'the first', parent_ids: [] }])
    expect(second.headers.get('x-next-page')).toBe('')
    expect((await ask('/repository/commits/v2')).json()).toMatchObject({ id: sha })
  })

  it('gives files by their encoded paths, as JSON and as they are', async () => {
    const path = encodeURIComponent('a b/ü.txt')
    const file = (await ask(`/repository/files/${path}?ref=main`)).json()
    expect(file).toMatchObject({ file_path: 'a b/ü.txt', size: 4, content: 'dGV4dA==', commit_id: sha })
    const raw = await ask(`/repository/files/${path}/raw?ref=v1`)
    expect([raw.text, raw.headers.get('content-disposition')]).toEqual([
      'text',
      'attachment; filename="_.txt"',
    ])
    expect((await ask('/repository/files/raw/raw')).text).toBe('r')
  })

  it.each([
    '/repository/files/..%2F..%2Fetc%2Fpasswd',
    '/repository/files/a%20b',
    '/repository/files/raw?ref=nothing',
    '/repository/files/raw?ref=--all',
    '/repository/files/raw?ref=main%3Araw',
    '/repository/files/%00',
    '/repository/commits?ref_name=main%5E',
    '/repository/commits/HEAD~1',
  ])('has nothing at %s', async (path) => {
    expect((await ask(path)).status).toBe(404)
  })

  it('is closed to who may not read the code', async () => {
    const stranger = await bench.token(null)
    expect((await ask('/repository/tags', {}, stranger)).status).toBe(404)
    expect((await ask('/repository/tags', {}, await bench.token('reporter', ['read_api']))).status).toBe(200)
  })

  it('starts a pipeline of a branch or tag, with variables', async () => {
    const { status, json } = await post({ ref: 'v1', variables: [{ key: 'X', value: 'y' }] })
    expect(status).toBe(201)
    expect(json()).toMatchObject({ sha, ref: 'v1', status: 'pending', source: 'api' })
    expect((await ask('/pipeline?ref=topic/x', { method: 'POST' })).status).toBe(201)
    expect((await post({ ref: 'nothing' })).status).toBe(404)
    expect((await post({ ref: sha })).status).toBe(404)
    const reporter = await bench.token('reporter')
    expect((await ask('/pipeline?ref=main', { method: 'POST' }, reporter)).status).toBe(403)
  })

  it('starts one of a protected branch for who may push to that alone: its jobs have the secrets of it', async () => {
    const developer = await bench.token('developer')
    expect((await ask('/pipeline?ref=main', { method: 'POST' }, developer)).status).toBe(403)
    expect((await ask('/pipeline?ref=topic/x', { method: 'POST' }, developer)).status).toBe(201)
    const maintainer = await bench.token('maintainer')
    expect((await ask('/pipeline?ref=main', { method: 'POST' }, maintainer)).status).toBe(201)
  })
})
