import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import {
  readCapped,
  utf8,
  utf8Decode,
  type Clock,
  type Http,
  type HttpRequest,
  type HttpResponse,
} from '../base/index.ts'
import { createDownloader, type Downloader } from './index.ts'

const HOME = 'https://index.example/simple'
const credentials = { authorization: 'Basic c2VjcmV0' }

interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: AsyncIterable<Uint8Array>
}

/** Answers by URL, 404 for others; what was asked is written down. */
function httpWith(answers: Readonly<Record<string, Answer>>): Http & { readonly asked: HttpRequest[] } {
  const asked: HttpRequest[] = []
  const request = async (one: HttpRequest): Promise<HttpResponse> => {
    asked.push(one)
    one.signal?.throwIfAborted()
    const { status = 200, headers = {}, body = once('bytes') } = answers[one.url] ?? { status: 404 }
    const bytes = (maxBytes: number): Promise<Uint8Array> => readCapped(until(body, one.signal), maxBytes)
    const text = async (maxBytes: number): Promise<string> => utf8Decode(await bytes(maxBytes))
    return { status, headers, body: until(body, one.signal), bytes, text }
  }
  return { request, asked }
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield utf8(text)
}

/** As the real port does: an abort ends the reading. */
async function* until(body: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const part of body) {
    signal?.throwIfAborted()
    yield part
  }
  signal?.throwIfAborted()
}

/** Time passes when somebody sleeps, or when a test says so. */
function movedClock(): Clock & { pass(ms: number): Promise<void> } {
  let now = 1_000_000
  const waiting = new Set<{ readonly at: number; readonly wake: () => void }>()
  return {
    nowMs: () => now,
    sleep: (ms, signal) =>
      new Promise((wake, fail) => {
        waiting.add({ at: now + ms, wake })
        signal?.addEventListener('abort', () => fail(signal.reason))
      }),
    pass: async (ms) => {
      now += ms
      for (const one of waiting) if (one.at <= now && waiting.delete(one)) one.wake()
      await new Promise((done) => {
        setImmediate(done)
      })
    },
  }
}

const stops: AbortController[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort()
})

function downloader(http: Http, clock: Clock = movedClock()): Downloader {
  const stop = new AbortController()
  stops.push(stop)
  return createDownloader({ http, clock, home: HOME, credentials, signal: stop.signal })
}

async function fetched(http: Http, url: string, maxBytes = 100): Promise<string | undefined> {
  const found = await downloader(http).open(url, { maxBytes })
  return found && utf8Decode(await readCapped(found.parts, 1000))
}

const redirect = (location: string, status = 302): Answer => ({ status, headers: { location } })
const sentSecret = ({ asked }: { readonly asked: readonly HttpRequest[] }): readonly boolean[] =>
  asked.map(({ headers }) => JSON.stringify(headers).includes('c2VjcmV0'))

describe('a download', () => {
  it('sends the credentials to the host of the index, and asks for bytes that nobody has packed', async () => {
    const http = httpWith({ 'https://index.example/f': {} })
    expect(await fetched(http, 'https://index.example/f#sha256=ab')).toBe('bytes')
    expect(http.asked).toMatchObject([
      { url: 'https://index.example/f', headers: { ...credentials, 'accept-encoding': 'identity' } },
    ])
  })

  it.each([
    ['another host', 'https://files.example/f'],
    ['another port', 'https://index.example:8443/f'],
    ['a host with the same beginning', 'https://index.example.evil.example/f'],
  ])('asks %s without them', async (_what, url) => {
    const http = httpWith({ [url]: {} })
    expect(await fetched(http, url)).toBe('bytes')
    expect(sentSecret(http)).toEqual([false])
  })

  it('follows a redirect to another host without them, and back with them', async () => {
    const http = httpWith({
      'https://index.example/f': redirect('https://storage.example/f?X-Token=1'),
      'https://storage.example/f?X-Token=1': redirect('https://index.example/g', 307),
      'https://index.example/g': {},
    })
    expect(await fetched(http, 'https://index.example/f')).toBe('bytes')
    expect(sentSecret(http)).toEqual([true, false, true])
  })

  it.each([
    ['another host without https', 'http://files.example/f', 'net.other-host'],
    ['the same host without https', 'http://index.example/f', 'net.other-host'],
    ['this machine', 'http://127.0.0.1/f', 'net.other-host'],
    ['the metadata of a cloud', 'http://169.254.169.254/latest', 'net.other-host'],
    ['a file', 'file:///etc/passwd', 'net.url'],
    ['data', 'data:,x', 'net.url'],
    ['other credentials', 'https://a:b@files.example/f', 'net.url'],
    ['no URL', 'https://', 'net.url'],
  ])('never asks %s, in the page or by a redirect', async (_what, url, code) => {
    const http = httpWith({ 'https://index.example/f': redirect(url) })
    await expect(fetched(http, url)).rejects.toMatchObject({ code })
    expect(http.asked).toEqual([])
    await expect(fetched(http, 'https://index.example/f')).rejects.toMatchObject({
      code: url === 'https://' ? 'net.refused' : code,
    })
    expect(http.asked).toHaveLength(1)
  })

  it('gives up on a circle of redirects', async () => {
    const http = httpWith({ 'https://index.example/f': redirect('/f') })
    await expect(fetched(http, 'https://index.example/f')).rejects.toMatchObject({ code: 'net.refused' })
    expect(http.asked).toHaveLength(6)
  })

  it('says that there is nothing, and shows no token of a URL when it is refused', async () => {
    expect(await fetched(httpWith({}), 'https://index.example/f')).toBeUndefined()
    expect(
      await fetched(httpWith({ 'https://index.example/f': { status: 410 } }), 'https://index.example/f'),
    ).toBeUndefined()
    const refused = httpWith({ 'https://s.example/f?sig=hidden': { status: 403, body: once('no') } })
    await expect(fetched(refused, 'https://s.example/f?sig=hidden')).rejects.toMatchObject({
      code: 'net.refused',
      message: 'https://s.example/f answered 403: no',
    })
    for (const status of [201, 204, 206, 304, 401, 500])
      await expect(
        fetched(httpWith({ 'https://index.example/f': { status } }), 'https://index.example/f'),
      ).rejects.toMatchObject({ code: 'net.refused' })
  })

  it('ends after the bytes that are allowed, however many come', async () => {
    const body = (async function* endless() {
      for (;;) yield utf8('0123456789')
    })()
    const http = httpWith({ 'https://index.example/f': { body } })
    await expect(fetched(http, 'https://index.example/f', 95)).rejects.toMatchObject({
      code: 'base.too-large',
    })
    expect(await fetched(httpWith({ 'https://index.example/f': {} }), 'https://index.example/f', 5)).toBe(
      'bytes',
    )
  })

  it('ends when the bytes drip, and not while they come', async () => {
    const clock = movedClock()
    const body = (partBytes: number): AsyncIterable<Uint8Array> =>
      (async function* drip() {
        for (let second = 0; second < 120; second += 1) {
          await clock.pass(1000)
          yield new Uint8Array(partBytes)
        }
      })()
    const read = async (partBytes: number): Promise<number> => {
      const http = httpWith({ 'https://index.example/f': { body: body(partBytes) } })
      const found = await downloader(http, clock).open('https://index.example/f', { maxBytes: 1 << 30 })
      let size = 0
      for await (const part of found?.parts ?? []) size += part.length
      return size
    }
    await expect(read(1)).rejects.toMatchObject({ code: 'net.timeout' })
    await expect(read(7_000)).rejects.toMatchObject({ code: 'net.timeout' })
    expect(await read(10_001)).toBe(1_200_120)
  })

  it('never sends the credentials anywhere but home, whatever leads where', async () => {
    const hosts = [
      'https://index.example',
      'https://index.example:444',
      'https://other.example',
      'http://index.example',
    ]
    const url = fc.constantFrom(...hosts.flatMap((host) => [`${host}/a`, `${host}/b`]))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(url, url), { maxLength: 8 }), url, async (edges, first) => {
        const http = httpWith(Object.fromEntries(edges.map(([from, to]) => [from, redirect(to)])))
        await fetched(http, first).catch(() => undefined)
        for (const { url: asked, headers } of http.asked) {
          const isHome = new URL(asked).origin === 'https://index.example'
          expect(headers?.['authorization'] !== undefined).toBe(isHome)
          expect(asked.startsWith('https://')).toBe(true)
        }
      }),
    )
  })
})
