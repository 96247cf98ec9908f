import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { silentLog, steadyMs } from '../../host/index.ts'
import { watchClock, type ClockWatch } from './clock-watch.ts'
import { startServer } from '../server.ts'

const HOUR = 3_600_000

function watched(): {
  readonly watch: ClockWatch
  readonly said: string[]
  readonly pass: (ms: number, setMs?: number) => void
} {
  let [wall, steady] = [1_800_000_000_000, 5000]
  const said: string[] = []
  const log = { ...silentLog, failure: (_name: string, error: unknown) => void said.push(String(error)) }
  const clock = { nowMs: () => wall, sleep: async () => undefined }
  return {
    watch: watchClock({ clock, steadyMs: () => steady, log }),
    said,
    pass: (ms, setMs = 0) => {
      steady += ms
      wall += ms + setMs
    },
  }
}

describe('watchClock', () => {
  it.each([
    ['an hour ahead', HOUR, /set 3600 s ahead, to 2027-01-15T09:00:0\d.000Z/],
    ['an hour back', -HOUR, /set 3600 s back/],
  ])(
    'doubts a clock that was set %s, says so once, and believes it when it was set back',
    (_how, step, words) => {
      const { watch, said, pass } = watched()
      expect(watch.doubt()).toBeUndefined()
      pass(1000, step)
      expect(watch.doubt()).toMatch(words)
      expect(() => watch.believed.nowMs()).toThrow(
        expect.objectContaining({ code: 'server.clock', status: 503 }),
      )
      pass(1000)
      expect(watch.doubt()).toMatch(words)
      expect(said).toHaveLength(1)
      pass(1000, -step)
      expect(watch.doubt()).toBeUndefined()
      expect(watch.believed.nowMs()).toBe(1_800_000_003_000)
    },
  )

  it('believes time that passes, and the small steps of a time server, however many', () => {
    const { watch, pass } = watched()
    pass(30 * 24 * HOUR)
    expect(watch.doubt()).toBeUndefined()
    for (let count = 0; count < 20; count += 1) {
      pass(HOUR, 20_000)
      expect(watch.doubt()).toBeUndefined()
    }
  })
})

describe('steadyMs', () => {
  it('goes on', async () => {
    const before = steadyMs()
    await new Promise((resolve) => void setTimeout(resolve, 60))
    expect(steadyMs()).toBeGreaterThan(before)
  })
})

describe('a server whose clock is set while it runs', () => {
  it('signs no time, is not ready and says why, and goes on when the clock is right again', async () => {
    const root = await mkdtemp(join(tmpdir(), 'wheelseal-clock-'))
    let setMs = 0
    const clock = { nowMs: () => Date.now() + setMs, sleep: async () => undefined }
    const server = await startServer({
      data: join(root, 'data'),
      listen: '127.0.0.1:0',
      clock,
      steadyMs: () => Date.now(),
      log: silentLog,
    })
    try {
      const ready = (): Promise<Response> => fetch(`${server.url}/readyz`)
      const stamp = (): Promise<Response> =>
        fetch(`${server.url}/api/v1/timestamp`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            artifactHash: Buffer.alloc(32).toString('base64'),
            hashAlgorithm: 'sha256',
          }),
        })
      const { rekor } = server.services.trust.logs
      expect([(await ready()).status, (await stamp()).status]).toEqual([200, 200])
      setMs = HOUR
      expect(await (await ready()).json()).toMatchObject({
        reasons: [expect.stringMatching(/CT log: the clock was set 3600 s ahead/), expect.any(String)],
      })
      expect((await stamp()).status).toBe(503)
      await expect(rekor.append({ leaf: Buffer.from('{}') })).rejects.toMatchObject({ code: 'log.clock' })
      setMs = 0
      expect([(await ready()).status, (await stamp()).status]).toEqual([200, 200])
      expect((await rekor.append({ leaf: Buffer.from('{}') })).index).toBe(1)
    } finally {
      await server.close()
      await rm(root, { recursive: true })
    }
  })
})
