import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '../../host/index.ts'
import { createSocketHttp } from '../../net/index.ts'
import { withAdmin } from '../admin/admin.ts'
import { adminSocketPath } from '../data/paths.ts'
import { startServer, type RunningServer } from '../server.ts'

let root: string
let server: RunningServer
let token: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-metrics-'))
  server = await startServer({ data: join(root, 'data'), listen: '127.0.0.1:0', log: silentLog })
  await server.services.access.createUser({ login: 'ada', isAdministrator: true })
  const created = withAdmin(server.data, (admin) => admin.createToken({ user: 'ada', scopes: ['read_api'] }))
  ;({ token } = await created)
})
afterAll(async () => {
  await server.close()
  await rm(root, { recursive: true })
})

const scrape = (headers: Record<string, string>) => fetch(`${server.url}/metrics`, { headers })

async function metrics(): Promise<string> {
  const response = await scrape({ authorization: `Bearer ${token}` })
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  return response.text()
}

const valueOf = (text: string, series: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length),
  )

describe('/metrics', () => {
  it('is for administrators, also for whoever asks from this machine', async () => {
    expect((await scrape({})).status).toBe(401)
    expect((await scrape({ authorization: 'Bearer glpat-wrong' })).status).toBe(401)
    expect((await scrape({ 'x-forwarded-for': '127.0.0.1' })).status).toBe(401)
    expect((await scrape({ 'private-token': token })).status).toBe(200)
  })

  it("is not for the jobs of an administrator, nor for other people's tokens", async () => {
    const { access } = server.services
    const project = await access.createProject({ path: 'acme/jobs' })
    const { id: userId } = (await access.user('ada')).user
    const grant = { jobId: 7, projectId: project.id, userId, expiresAtMs: Date.now() + 60_000 }
    const job = (await access.issueJobToken(grant)).reveal()
    const basic = `Basic ${Buffer.from(`gitlab-ci-token:${job}`).toString('base64')}`
    expect((await scrape({ authorization: basic })).status).toBe(403)
    for (const headers of [
      { 'job-token': job },
      { 'private-token': job },
      { authorization: `Bearer ${job}` },
    ])
      expect((await scrape(headers as Record<string, string>)).status).toBe(401)
  })

  it('is for whoever has a token for just that, and for nobody else who is no administrator', async () => {
    const { access } = server.services
    await access.createUser({ login: 'prometheus' })
    const ask = async (...scopes: string[]): Promise<number> => {
      const { token: own } = await access.createToken({ login: 'prometheus', scopes })
      return (await scrape({ authorization: `Bearer ${own.reveal()}` })).status
    }
    expect([await ask('read_metrics'), await ask('api'), await ask('read_api')]).toEqual([200, 403, 403])
  })

  it("is not for an administrator's token that is bound to a project", async () => {
    const { access } = server.services
    await access.createProject({ path: 'acme/bound' })
    const { token: bound } = await access.createToken({ login: 'ada', scopes: ['api'], within: 'acme/bound' })
    expect((await scrape({ 'private-token': bound.reveal() })).status).toBe(403)
  })

  it('is there on the owner-only socket without a token', async () => {
    const socket = createSocketHttp(adminSocketPath(server.data))
    const response = await socket.request({ method: 'GET', url: 'http://admin/metrics' })
    expect(await response.text(1 << 20)).toContain('wheelseal_log_entries{log="rekor"} 1\n')
  })

  it('counts timestamps, and requests by their pattern', async () => {
    const before = valueOf(await metrics(), 'wheelseal_timestamps_total') || 0
    const artifactHash = createHash('sha256').update('x').digest('base64')
    const body = JSON.stringify({ artifactHash, hashAlgorithm: 'sha256' })
    const headers = { 'content-type': 'application/json' }
    const stamped = await fetch(`${server.url}/api/v1/timestamp`, { method: 'POST', headers, body })
    expect(stamped.status).toBe(200)
    await fetch(`${server.url}/api/v4/projects/secret/packages/pypi/simple`)
    const text = await metrics()
    expect(valueOf(text, 'wheelseal_timestamps_total')).toBe(before + 1)
    const route = '/api/v4/projects/:id/packages/pypi/simple'
    const series = `wheelseal_http_requests_total{method="GET",route="${route}",status="4xx"}`
    expect(valueOf(text, series)).toBe(1)
    expect(text).not.toContain('secret')
  })

  it('tells when the trust ends, and what the process takes', async () => {
    const text = await metrics()
    const now = Date.now() / 1000
    const until = (series: string): number => valueOf(text, series) - now
    expect(until('wheelseal_tuf_expiry_timestamp_seconds{role="timestamp"}')).toBeGreaterThan(6 * 86_400)
    expect(until('wheelseal_tuf_expiry_timestamp_seconds{role="root"}')).toBeGreaterThan(3650 * 86_400)
    expect(until('wheelseal_certificate_expiry_timestamp_seconds{chain="authority"}')).toBeGreaterThan(1e8)
    expect(valueOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1e7)
    expect(Math.abs(until('process_start_time_seconds'))).toBeLessThan(3600)
  })
})
