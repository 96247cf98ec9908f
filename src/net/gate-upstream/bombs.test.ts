import { Gunzip, gzipSync } from 'node:zlib'
import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { before, closeAll, code, entry, jsonPage, page, PAGE, pageOf } from './arrange.ts'
import type { GateUpstreamLimits } from './limits.ts'

afterEach(closeAll)
afterEach(() => vi.restoreAllMocks())

const packed = (body: Uint8Array): RequestListener => page(gzipSync(body), { 'content-encoding': 'gzip' })
const MEBIBYTE = 1 << 20
const BOMB = packed(Buffer.alloc(16 * MEBIBYTE))

/** What comes out of all unpackers of this process. */
function countUnpacked(): () => number {
  const push = vi.spyOn(Gunzip.prototype, 'push')
  return () =>
    push.mock.calls.reduce((sum, [part]) => sum + (part instanceof Uint8Array ? part.length : 0), 0)
}

async function refusal(
  answer: RequestListener | string,
  limits: Partial<GateUpstreamLimits>,
): Promise<Error> {
  const scene = await before({ [PAGE]: answer }, {}, { limits })
  const failed = await pageOf(scene).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(failed).toEqual(code('net.reply'))
  return failed as Error
}

describe('a page that is packed', () => {
  it('is read', async () => {
    const body = Buffer.from(jsonPage([entry()]))
    const scene = await before({ [PAGE]: packed(body) })
    expect((await pageOf(scene)).files).toHaveLength(1)
  })

  it('more than a hundred times is left, and unpacked no further', async () => {
    const unpackedBytes = countUnpacked()
    const error = await refusal(BOMB, {})
    expect(error.message).toContain('packed more than 100 times')
    expect(unpackedBytes()).toBeGreaterThan(MEBIBYTE)
    expect(unpackedBytes()).toBeLessThan(2 * MEBIBYTE)
  })

  it('with more than the cap is left, and unpacked no further', async () => {
    const unpackedBytes = countUnpacked()
    const pageBytes = 2 * MEBIBYTE
    const error = await refusal(BOMB, { pageBytes, ratio: 10_000 })
    expect(error.message).toContain(`more than ${pageBytes} bytes`)
    expect(unpackedBytes()).toBeLessThan(pageBytes + MEBIBYTE)
  })

  it('small may be packed as it likes', async () => {
    const body = jsonPage([], { x: ' '.repeat(MEBIBYTE / 2) })
    const scene = await before({ [PAGE]: packed(Buffer.from(body)) })
    expect((await pageOf(scene)).files).toEqual([])
  })

  it.each([
    ['cut off', page(gzipSync(jsonPage([])).subarray(0, -9), { 'content-encoding': 'gzip' })],
    ['no gzip', page(jsonPage([]), { 'content-encoding': 'gzip' })],
    ['nothing', page('', { 'content-encoding': 'gzip' })],
    ['something that was not asked for', page('x', { 'content-encoding': 'br' })],
    ['gzip in gzip', page(gzipSync(gzipSync(jsonPage([]))), { 'content-encoding': 'gzip, gzip' })],
  ])('and is %s is no answer', async (_what, answer) => {
    await refusal(answer, {})
  })
})

describe('a page with too much', () => {
  it('of bytes is no answer, and the rest of it is not waited for', async () => {
    const { promise: left, resolve } = Promise.withResolvers<void>()
    const endless: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.on('close', resolve)
      const more = (): void => {
        while (response.write('x'.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    }
    await refusal(endless, { pageBytes: MEBIBYTE })
    await left
  })
  it('of files is no answer', async () => {
    await refusal(jsonPage([entry(), entry(), entry()]), { pageFiles: 2 })
  })
  it('of headers is no answer', async () => {
    const headers = { 'x-long': 'x'.repeat(33_000) }
    const scene = await before({ [PAGE]: page(jsonPage([]), headers) })
    await expect(pageOf(scene)).rejects.toThrow(code('net.unreachable'))
    expect(scene.asked).toHaveLength(1)
  })
  it('of headers is one within 32 KiB', async () => {
    const scene = await before({ [PAGE]: page(jsonPage([]), { 'x-long': 'x'.repeat(31_000) }) })
    expect((await pageOf(scene)).files).toEqual([])
  })
  it('of time is no answer', async () => {
    const slow: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).write('<')
    }
    const scene = await before({ [PAGE]: slow }, {}, { limits: { pageMs: 60 } })
    await expect(pageOf(scene)).rejects.toThrow(code('net.timeout'))
  })
  it.each([
    ['no page', page('x', { 'content-type': 'application/json' })],
    ['no UTF-8', page(Uint8Array.of(0xc3, 0x28))],
    ['JSON that is none', page('{')],
    ['a key twice', page(jsonPage([]).replace('"files"', '"meta":{},"files"'))],
    ['deep', page(jsonPage([], { x: JSON.parse('['.repeat(20) + ']'.repeat(20)) }))],
  ])('of nonsense is no answer: %s', async (_what, answer) => {
    await refusal(answer, {})
  })
})
