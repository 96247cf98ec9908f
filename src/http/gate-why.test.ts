import type { HttpBindings } from '@hono/node-server'
import { describe, expect, it } from 'vitest'
import { gateErrors, type Gate, type LinkedReport, type ReleaseReport } from '../gate/index.ts'
import { createApp } from './app.ts'
import { gateRoutes } from './gate.ts'
import type { GatePages } from './gate-why.ts'
import { anyone } from './route.ts'

const HOST = 'gate.example'
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const WHEEL = 'demo-2.0-py3-none-any.whl'
const SENTENCE = `refused: demo 2.0 has no seal; see http://${HOST}/gate/prod/why/9f3a61c2`

const report = { name: 'demo', version: '2.0' } as ReleaseReport
const linked = { ...report, refusal: { id: '9f3a61c2' } } as LinkedReport

const unknown = (): never => {
  throw gateErrors('gate.unknown', 'pypi has no such version of demo')
}
const gate = {
  name: 'prod',
  why: async (name: string, version: string) => (`${name} ${version}` === 'demo 2.0+a' ? report : unknown()),
  refusal: async (id: string) => (id === '9f3a61c2' ? linked : unknown()),
  file: async () => ({
    kind: 'refused',
    status: 403,
    code: 'gate.unsigned',
    id: '9f3a61c2',
    sentence: SENTENCE,
  }),
} as unknown as Gate

/** What a page would be made of. */
const pages: GatePages = {
  why: (said, place) => Response.json({ said, place }, { status: place.status }),
  problem: ({ message }, place) => Response.json({ message, place }, { status: place.status }),
}

const log = { event: () => undefined, failure: () => undefined }
const app = createApp({
  hosts: [HOST],
  log,
  routes: [gateRoutes({ gates: [{ gate, readers: anyone }], pages, log })],
})

async function get(path: string, accept?: string): Promise<{ response: Response; body: unknown }> {
  const headers = { host: HOST, ...(accept === undefined ? {} : { accept }) }
  const env: Partial<HttpBindings> = {}
  const response = await app.request(`http://${HOST}/gate/prod/${path}`, { headers }, env)
  return { response, body: await response.json() }
}

describe('why', () => {
  it.each([undefined, '*/*', 'application/json'])(
    'is JSON that nobody keeps for programs: %s',
    async (accept) => {
      const { response, body } = await get('why/Demo/2.0%2Ba', accept)
      expect([response.status, body]).toEqual([200, report])
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'application/json',
        'cache-control': 'no-store',
        vary: 'Accept',
      })
    },
  )

  it('is a page for people, which knows where it stands', async () => {
    const place = { gate: 'prod', up: '../../../../', status: 200 }
    expect((await get('why/demo/2.0%2Ba', BROWSER)).body).toEqual({ said: report, place })
    expect((await get('why/9f3a61c2', BROWSER)).body).toEqual({
      said: linked,
      place: { ...place, up: '../../../' },
    })
  })

  it.each(['why/demo/9', 'why/-/1', 'why/00000000', 'why/%00/1'])(
    'of what the gate does not know is not found: %s',
    async (path) => {
      const { response, body } = await get(path)
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(body).toMatchObject({ code: 'gate.unknown' })
      const page = await get(path, BROWSER)
      expect([page.response.status, page.body]).toMatchObject([404, { place: { gate: 'prod' } }])
    },
  )

  it.each(['why/9F3A61C2', 'why/9f3a61c', 'why/9f3a61c2/', 'why/a/b/c'])(
    'is at no other path: %s',
    async (path) => {
      expect((await get(path)).response.status).toBe(404)
    },
  )
})

describe('a refused file', () => {
  it('is a problem for installers', async () => {
    const { response, body } = await get(`files/pypi/a/${WHEEL}`, '*/*')
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(body).toMatchObject({ title: 'refused by gate prod', detail: SENTENCE, code: 'gate.unsigned' })
  })

  it('is the page of why for a browser, on the same URL, with the same status', async () => {
    const { response, body } = await get(`files/pypi/a/${WHEEL}`, BROWSER)
    expect(response.status).toBe(403)
    expect(body).toEqual({ said: linked, place: { gate: 'prod', up: '../../../../../', status: 403 } })
  })
})
