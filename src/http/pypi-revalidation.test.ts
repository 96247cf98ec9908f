import { beforeEach, describe, expect, it } from 'vitest'
import type { RegistryStore } from '../registry/index.ts'
import {
  basic,
  SDIST,
  startPackagesServer,
  twineForm,
  WHEEL,
  type PackagesServer,
} from './packages-server.contract.ts'

let server: PackagesServer
let authorization: string
let base: string
/** Rows of files and names that were read. */
let reads: number
/** Runs when files are read, before they are. */
let whileReading: () => Promise<unknown>
beforeEach(async () => {
  reads = 0
  whileReading = async () => undefined
  server = await startPackagesServer(watched)
  authorization = basic('gitlab-ci-token', await server.jobToken(server.projects.private))
  base = `http://127.0.0.1:${server.port}/api/v4/projects/${server.projects.private.id}/packages`
  await publish(WHEEL)
  return () => server.close()
})

function watched(store: RegistryStore): RegistryStore {
  return {
    ...store,
    listShownFiles: async (...asked) => {
      reads += 1
      await whileReading()
      return store.listShownFiles(...asked)
    },
    listNames: (...asked) => {
      reads += 1
      return store.listNames(...asked)
    },
  }
}

function get(path: string, known?: string, more: Readonly<Record<string, string>> = {}): Promise<Response> {
  const headers = { authorization, ...(known === undefined ? {} : { 'if-none-match': known }), ...more }
  return fetch(`${base}/pypi/simple${path}`, { headers })
}

async function publish(fileName: string, fields = {}): Promise<void> {
  const body = twineForm(fileName, fields, fileName)
  const answer = await fetch(`${base}/pypi`, { method: 'POST', body, headers: { authorization } })
  expect(answer.status).toBe(201)
}

async function tagOf(path: string): Promise<string> {
  const answer = await get(path)
  await answer.text()
  return answer.headers.get('etag') ?? ''
}

const PAGES = ['', '/', '/my-pkg', '/My_Pkg/']

describe('a page of the simple index that a client has', () => {
  it.each(PAGES)('is not sent again while nothing was published, and no row is read: %j', async (path) => {
    const tag = await tagOf(path)
    reads = 0
    for (const known of [tag, `"other", ${tag}`, tag.replace('W/', ''), `${tag},"other"`]) {
      const answer = await get(path, known)
      expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([304, tag, ''])
      expect(answer.headers.get('cache-control')).toBe('no-cache')
    }
    expect(reads).toBe(0)
  })

  it.each(PAGES)('is sent anew as soon as something was published: %j', async (path) => {
    const tag = await tagOf(path)
    await publish(SDIST)
    const answer = await get(path, tag)
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-cache'])
    expect(await answer.text()).toContain(path.length > 1 ? SDIST : 'my-pkg')
    expect(answer.headers.get('etag')).not.toBe(tag)
    expect(answer.headers.get('etag')).toMatch(/^W\/"[a-z0-9.-]+"$/)
  })

  it('is sent anew when a file was published while it was written', async () => {
    whileReading = async () => {
      whileReading = async () => undefined
      await publish(SDIST)
    }
    const tag = await tagOf('/my-pkg/')
    expect((await get('/my-pkg/', tag)).status).toBe(200)
  })

  it('is the same after an upload that changed nothing', async () => {
    const tag = await tagOf('/my-pkg/')
    await publish(WHEEL)
    expect((await get('/my-pkg/', tag)).status).toBe(304)
  })

  it.each(['*', '', '"', 'W/', '"1"', ',,,', `${'"x",'.repeat(2000)}"x"`])(
    'is sent whole to who lists %.10j, which is none of its tags',
    async (known) => {
      const answer = await get('/my-pkg/', known)
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining(WHEEL)])
    },
  )

  it('is never taken for another page, or for one that is not there', async () => {
    const [index, file] = [await tagOf('/'), await tagOf('/my-pkg/')]
    const both = `${index}, ${file}`
    await publish('other-1.0.tar.gz', { name: 'other', version: '1.0' })
    const current = `${await tagOf('/')}, ${await tagOf('/my-pkg/')}`
    for (const known of [both, current]) {
      expect((await get('/other/', known)).status).toBe(200)
      expect((await get('/absent/', known)).status).toBe(404)
    }
    expect((await get('/', await tagOf('/my-pkg/'))).status).toBe(200)
  })

  it('is confirmed to those only who may read it', async () => {
    const tag = await tagOf('/my-pkg/')
    expect((await get('/my-pkg/', tag, { authorization: '' })).status).toBe(401)
    expect((await get('/my-pkg/', tag, { authorization: basic('gitlab-ci-token', 'wrong') })).status).toBe(
      401,
    )
  })
})
