import { describe, expect, it } from 'vitest'
import { accessErrors } from '../access/index.ts'
import type { Gate, GateReader, GateStatus } from '../gate/index.ts'
import { anyone, createApp, type Right } from '../http/index.ts'
import { gateHomeRoutes, gateWebRoutes } from './gate-routes.ts'

const HOST = 'gate.example'
const NOTHING = { served: 0, held: 0, refused: 0, wouldRefuse: 0 }
const ENEMY = '<script>"'
const STATUS: GateStatus = {
  gate: 'prod',
  mode: 'warn',
  policy: { path: '/etc/secret/policy.toml', sha256: '9b'.repeat(32), rules: 1, exemptions: 0 },
  upstreams: [
    {
      name: 'ours',
      okAt: null,
      failedAt: '2026-11-29T01:02:03.000Z',
      fact: 'http://10.0.0.1: no answer',
      trustUntil: null,
    },
  ],
  counts: { ...NOTHING, served: 1204, wouldRefuse: 3 },
  refused: [
    {
      id: '9f3a61c2',
      gate: 'prod',
      name: 'demo',
      version: ENEMY,
      fileName: ENEMY,
      code: 'gate.held',
      sentence: '',
      report: '{}',
      firstAtMs: 0,
      lastAtMs: 0,
      count: 1,
    },
  ],
  wouldRefuse: {
    grounds: [{ code: 'gate.unsigned', releases: 2, files: 3, requests: 4321 }],
    releases: [
      {
        ...{ id: '0a1b2c3d', name: 'demo', version: ENEMY, code: 'gate.unsigned' },
        ...{ files: 2, requests: 7, lastAtMs: 0 },
      },
      {
        ...{ id: '0a1b2c3e', name: 'p7', version: '1', code: 'gate.held' },
        ...{ files: 1, requests: 1, lastAtMs: 0 },
      },
    ],
  },
  pins: Array.from({ length: 60 }, (_, at) => ({
    name: `p${at}`,
    repository: ENEMY,
    issuer: ENEMY,
    workflow: null,
    since: '2026-01-01T00:00:00.000Z',
    by: ENEMY,
  })),
  soon: [ENEMY],
  unused: Array.from({ length: 51 }, (_, at) => `exemption of p${at} has matched nothing ${ENEMY}`),
  cache: { files: 0, bytes: 0, maxBytes: 0 },
}

function open(readers: Right<GateReader | undefined> = anyone) {
  const state = { nowMs: 1_000_000, asked: 0, isBroken: false }
  const gate = {
    name: 'prod',
    url: `http://${HOST}/gate/prod`,
    status: async () => {
      state.asked += 1
      if (state.isBroken) throw new Error('the disk is gone')
      return STATUS
    },
    counts: async () => NOTHING,
    hasOwn: true,
    hides: async (name: string) => name !== 'p7',
  } as unknown as Gate
  const log = { event: () => undefined, failure: () => undefined }
  const clock = { nowMs: () => state.nowMs, sleep: async () => undefined }
  const parts = { gates: [{ gate, readers }], clock, log }
  const app = createApp({ hosts: [HOST], log, routes: [gateWebRoutes(parts), gateHomeRoutes(parts)] })
  const get = async (path: string): Promise<Response> =>
    app.request(`http://${HOST}${path}`, { headers: { host: HOST } })
  return { state, get }
}

describe('the front page of a gate', () => {
  it('has counts, what is refused, what ends soon, upstreams, pins and the lines of installers', async () => {
    const response = await open().get('/gate/prod/')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const html = await response.text()
    for (const part of [
      '1,204',
      'Served that enforce would refuse',
      'href="why/9f3a61c2"',
      '4,321',
      'href="why/0a1b2c3d"',
      '<strong class="wait">held</strong>',
      '<strong class="bad">fails</strong>',
      '10 more are in',
      'Exemptions that nothing needs',
      '1 more are in',
      `export UV_DEFAULT_INDEX=http://${HOST}/gate/prod/simple/`,
    ])
      expect(html).toContain(part)
  })

  it("has no tag of an enemy's, and tells nobody where the policy and the upstream are", async () => {
    const html = await (await open().get('/gate/prod/')).text()
    expect(html).toContain('&lt;script&gt;&quot;')
    for (const hidden of ['<script', '/etc/secret', '10.0.0.1']) expect(html).not.toContain(hidden)
  })

  it('is counted anew after 5 seconds, and at once where that failed', async () => {
    const { state, get } = open()
    for (const ms of [0, 4_999, 1]) {
      state.nowMs += ms
      await get('/gate/prod/')
    }
    expect(state.asked).toBe(2)
    state.nowMs += 5_000
    state.isBroken = true
    expect((await get('/gate/prod/')).status).toBe(500)
    state.isBroken = false
    expect((await get('/gate/prod/')).status).toBe(200)
  })

  it('is for whoever may read the gate: a browser is asked for a token', async () => {
    const admit = (): never => {
      throw accessErrors('access.unauthenticated', 'a token is needed')
    }
    const response = await open({ name: 'gate reader', admit }).get('/gate/prod/')
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('Basic'),
    ])
    expect(await response.text()).not.toContain('1,204')
  })

  it('shows who may not read all packages those that they may, and no sentence about others', async () => {
    const admit = (): GateReader => ({ mayRead: async () => false })
    const html = await (await open({ name: 'gate reader', admit }).get('/gate/prod/')).text()
    for (const shown of ['>p7<', 'why/0a1b2c3e']) expect(html).toContain(shown)
    expect(html).toContain('Only packages that you may read are shown')
    for (const hidden of ['>p8<', 'demo', 'gate.unsigned', '4,321', 'has matched nothing'])
      expect(html).not.toContain(hidden)
  })

  it('has one path', async () => {
    const response = await open().get('/gate/prod')
    expect([response.status, response.headers.get('location')]).toEqual([301, 'prod/'])
  })

  it('is linked by the home of a server of gates, which brings the stylesheet', async () => {
    const { get } = open()
    expect(await (await get('/')).text()).toContain('<a href="gate/prod/">prod</a>')
    expect((await get('/-/style.css')).headers.get('content-type')).toContain('text/css')
  })
})
