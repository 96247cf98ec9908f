import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeBase64, sha256, utf8, type Log } from '../../base/index.ts'
import { ownAddress } from '../../host/arrange.ts'
import { silentLog, systemClock } from '../../host/index.ts'
import { startServer, type RunningServer } from '../../server/server.ts'

const DAY_MS = 86_400_000

let folder: string
let data: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-expired-'))
  data = join(folder, 'data')
  await (await startServer({ data, listen: await ownAddress(), log: silentLog })).close()
})
afterAll(() => rm(folder, { recursive: true }))

async function later(days: number, use: (server: RunningServer, said: string[]) => Promise<void>) {
  const said: string[] = []
  const log: Log = { ...silentLog, failure: (name, error) => said.push(`${name}: ${String(error)}`) }
  const clock = { ...systemClock, nowMs: () => Date.now() + days * DAY_MS }
  const server = await startServer({ data, clock, log })
  try {
    await use(server, said)
  } finally {
    await server.close()
  }
}

async function stamp({ url }: RunningServer): Promise<Response> {
  const artifactHash = encodeBase64(sha256(utf8('x')))
  const body = JSON.stringify({ artifactHash, hashAlgorithm: 'sha256' })
  return fetch(`${url}/api/v1/timestamp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
}

it('is ready, and warns in /readyz and in the log, months before the authorities end', async () => {
  await later(5 * 365 - 60, async (server, said) => {
    const answer = await fetch(`${server.url}/readyz`)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      ready: true,
      warnings: [
        expect.stringContaining('certificate authority expires at'),
        expect.stringContaining('timestamp authority expires at'),
      ],
    })
    expect(server.reasons).toEqual([])
    expect(said).toEqual([
      expect.stringMatching(/^trust\.expires-soon: .*certificate authority expires at/),
      expect.stringMatching(/^trust\.expires-soon: .*timestamp authority expires at/),
    ])
    expect((await stamp(server)).status).toBe(200)
  })
})

it('is not ready after their end, and answers 503 with the reason', async () => {
  await later(6 * 365, async (server, said) => {
    const answer = await fetch(`${server.url}/readyz`)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({
      reasons: [
        expect.stringContaining('certificate authority expired at'),
        expect.stringContaining('timestamp authority expired at'),
      ],
    })
    expect(server.reasons).toHaveLength(2)
    expect(said.filter((line) => line.startsWith('server.not-ready'))).toHaveLength(2)
    const stamped = await stamp(server)
    expect([stamped.status, stamped.headers.get('x-wheelseal-retry')]).toEqual([503, 'no'])
    expect(await stamped.text()).toContain('the timestamp authority is valid from')
  })
})

it('is not ready while its log is frozen, and says so before anybody asks', async () => {
  const terms = { data: join(folder, 'frozen'), anchor: join(folder, 'anchor') }
  await cp(data, terms.data, { recursive: true })
  const first = await startServer({ ...terms, log: silentLog })
  await first.services.trust.logs.rekor.append({ leaf: () => utf8('{"leaf":"a"}') })
  await first.close()
  await rm(terms.data, { recursive: true })
  await cp(data, terms.data, { recursive: true })
  const said: string[] = []
  const log = { event: (name: string) => said.push(name), failure: (name: string) => said.push(name) }
  const second = await startServer({ ...terms, log })
  await second.close()
  expect(second.reasons).toEqual(['Rekor: the log has tree size 1, but its anchor recorded tree size 2'])
  expect(said).toEqual(['server.not-ready'])
})
