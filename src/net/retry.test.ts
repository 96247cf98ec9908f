import { describe, expect, it } from 'vitest'
import { utf8, type Http, type HttpResponse } from '../base/index.ts'
import { patientClock } from './arrange.ts'
import { netErrors, withRetries } from './index.ts'

const answer = (status: number, headers: Record<string, string> = {}): HttpResponse => ({
  status,
  headers,
  body: (async function* body() {
    yield utf8('text')
  })(),
  bytes: async () => utf8('text'),
  text: async () => 'text',
})

/** Answers one after the other, the last one for ever; an Error is thrown. */
function scripted(...script: (HttpResponse | Error)[]): Http & { readonly count: () => number } {
  let count = 0
  return {
    count: () => count,
    request: async () => {
      const next = script[Math.min(count, script.length - 1)]!
      count += 1
      if (next instanceof Error) throw next
      return next
    },
  }
}

const unreachable = (code: string): Error =>
  netErrors('net.unreachable', 'nobody there', { cause: Object.assign(new Error(code), { code }) })
const attempt = async (http: Http): Promise<{ readonly slept: number[]; readonly result: unknown }> => {
  const clock = patientClock()
  const result = await withRetries(http, clock)
    .request({ method: 'GET', url: 'http://service.test/path' })
    .catch((error: unknown) => error)
  return { slept: clock.slept, result }
}

describe('withRetries', () => {
  it.each([429, 502, 503, 504])('tries again after %d, pausing longer each time', async (status) => {
    const http = scripted(answer(status), answer(status), answer(status), answer(200))
    const { slept, result } = await attempt(http)
    expect(result).toMatchObject({ status: 200 })
    expect(slept).toEqual([500, 1000, 2000])
  })

  it('hands on at once what the server says will not pass', async () => {
    const http = scripted(answer(503, { 'x-wheelseal-retry': 'no' }))
    expect((await attempt(http)).result).toMatchObject({ status: 503 })
    expect(http.count()).toBe(1)
  })

  it('gives up after four attempts', async () => {
    const http = scripted(answer(503))
    expect((await attempt(http)).result).toMatchObject({
      code: 'net.overloaded',
      message: 'http://service.test answered 503 in all 4 attempts: text',
    })
    expect(http.count()).toBe(4)
    const down = scripted(unreachable('ECONNREFUSED'))
    expect((await attempt(down)).result).toMatchObject({ code: 'net.unreachable' })
    expect(down.count()).toBe(4)
  })

  it.each([200, 201, 302, 400, 401, 404, 409, 500])('hands on %d at once', async (status) => {
    const http = scripted(answer(status))
    expect((await attempt(http)).result).toMatchObject({ status })
    expect(http.count()).toBe(1)
  })

  it('does not repeat what may have been done', async () => {
    for (const failure of [unreachable('ECONNRESET'), netErrors('net.timeout', 'slow'), new Error('other')]) {
      const http = scripted(failure)
      expect((await attempt(http)).result).toBe(failure)
      expect(http.count()).toBe(1)
    }
  })

  it.each([
    ['3', 3000],
    ['0', 0],
    ['86400', 10_000],
    ['Fri, 07 Nov 2031 23:59:59 GMT', 500],
    ['-1', 500],
  ])('waits as long as Retry-After: %s asks, within bounds', async (value, ms) => {
    const { slept } = await attempt(scripted(answer(429, { 'retry-after': value }), answer(200)))
    expect(slept).toEqual([ms])
  })
})
