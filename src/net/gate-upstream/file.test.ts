import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { readCapped, utf8Decode } from '../../base/index.ts'
import type { ListedFile } from '../../gate/index.ts'
import {
  before,
  closeAll,
  code,
  cutting,
  host,
  listedAt,
  page,
  status,
  to,
  WHEEL,
  type Answers,
} from './arrange.ts'
import type { GateUpstreamPorts } from './index.ts'

afterEach(closeAll)

const FILE = `/files/${WHEEL}`
interface Opening {
  readonly file?: Partial<ListedFile>
  readonly maxBytes?: number
  readonly signal?: AbortSignal
  readonly ports?: Partial<GateUpstreamPorts>
}

async function read(answers: Answers, opening: Opening = {}): Promise<string> {
  const { file = {}, maxBytes = 100, signal = new AbortController().signal, ports = {} } = opening
  const { upstream, url } = await before(answers, {}, ports)
  const parts = await upstream.open(listedAt(url, file), { maxBytes, signal })
  return utf8Decode(await readCapped(parts, 1000))
}

/** Says no length. */
const chunked =
  (body: string): RequestListener =>
  (_request, response) => {
    response.write(body)
    response.end()
  }

const stalling: RequestListener = (_request, response) => {
  response.writeHead(200).write('a')
}

describe('the bytes of a file', () => {
  it('come as they are, asked for unpacked', async () => {
    const { upstream, url, asked } = await before({ [FILE]: 'abc' })
    const parts = await upstream.open(listedAt(url), { maxBytes: 3, signal: new AbortController().signal })
    expect(utf8Decode(await readCapped(parts, 10))).toBe('abc')
    expect(asked[0]?.headers['accept-encoding']).toBe('identity')
  })

  it.each([
    ['announced', page('abcd')],
    ['unannounced', chunked('abcd')],
  ])('are never more than is allowed, or than the page says, %s', async (_what, answer) => {
    await expect(read({ [FILE]: answer }, { maxBytes: 3 })).rejects.toThrow(code('net.reply'))
    await expect(read({ [FILE]: answer }, { file: { sizeBytes: 3 } })).rejects.toThrow(code('net.reply'))
    expect(await read({ [FILE]: answer }, { file: { sizeBytes: 4 } })).toBe('abcd')
  })

  it.each([
    ['404', status(404), 'net.refused'],
    ['503', status(503), 'net.refused'],
    ['a part that was not asked for', status(206), 'net.refused'],
    ['bytes that are packed', page('x', { 'content-encoding': 'gzip' }), 'net.reply'],
  ])('are not %s', async (_what, answer, expected) => {
    await expect(read({ [FILE]: answer })).rejects.toThrow(code(expected))
  })

  it('end in a failure where the connection is cut', async () => {
    const cut: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-length': '9' }).write('abc', () => response.destroy())
    }
    await expect(read({ [FILE]: cut })).rejects.toThrow(code('net.unreachable'))
  })

  it('are asked for again where the connection broke before they came', async () => {
    expect(await read({ [FILE]: cutting(1, page('abc')) })).toBe('abc')
  })

  it.each([
    ['never begin', () => undefined],
    ['stop', stalling],
  ])('are left where they %s', async (_what, answer) => {
    const ports = { limits: { idleMs: 60 } }
    await expect(read({ [FILE]: answer }, { ports })).rejects.toThrow(code('net.timeout'))
  })

  it('are left where they drip', async () => {
    let nowMs = 0
    const clock = {
      nowMs: () => {
        nowMs += 20_000
        return nowMs
      },
      sleep: () => new Promise<void>(() => undefined),
    }
    await expect(read({ [FILE]: chunked('abc') }, { ports: { clock } })).rejects.toThrow(code('net.timeout'))
  })

  it('are left where nobody wants them any more', async () => {
    const left = new AbortController()
    const reason = new Error('nobody reads')
    const answer: RequestListener = (request, response) => {
      stalling(request, response)
      setImmediate(() => left.abort(reason))
    }
    await expect(read({ [FILE]: answer }, { signal: left.signal })).rejects.toBe(reason)
  })

  it('are no longer sent to a reader who stops', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    const { upstream, url } = await before({
      [FILE]: (request, response) => {
        response.on('close', resolve)
        stalling(request, response)
      },
    })
    const asked = { maxBytes: 100, signal: new AbortController().signal }
    for await (const part of await upstream.open(listedAt(url), asked)) if (part.length > 0) break
    await closed
  })
})

describe('a file that is elsewhere', () => {
  it('is fetched there where the host is listed', async () => {
    const storage = await host({ '/s': 'abc' })
    const scene = await before(
      { [FILE]: to(`${storage.url}/s?token=x`) },
      { files: [new URL(storage.url).host] },
    )
    const asked = { maxBytes: 100, signal: new AbortController().signal }
    const parts = await scene.upstream.open(listedAt(scene.url), asked)
    expect(utf8Decode(await readCapped(parts, 10))).toBe('abc')
  })

  it.each([
    ['a host that is not listed', 'https://other.example/s', 'net.other-host'],
    ['http', 'http://files.example/s', 'net.other-host'],
    ['the cloud', 'http://169.254.169.254/latest', 'net.other-host'],
    ['a decimal address', 'http://2130706433:1/s', 'net.other-host'],
    ['a file', 'file:///etc/passwd', 'net.reply'],
    ['data', 'data:,abc', 'net.reply'],
    ['credentials', 'https://a:b@files.example/s', 'net.url'],
    ['itself', FILE, 'net.reply'],
    ['nowhere', 'http://', 'net.reply'],
  ])('is not fetched where that is %s', async (_what, location, expected) => {
    await expect(read({ [FILE]: to(location) })).rejects.toThrow(code(expected))
  })

  it('is looked for three redirects further, and no more', async () => {
    const chain = { [FILE]: to('/1'), '/1': to('/2'), '/2': to('/3'), '/3': 'abc' }
    expect(await read(chain)).toBe('abc')
    await expect(read({ ...chain, '/3': to('/4'), '/4': 'abc' })).rejects.toThrow(code('net.reply'))
  })

  it('is not asked for where its URL is none of this index, wherever it was kept', async () => {
    await expect(read({}, { file: { url: 'https://other.example/x.whl' } })).rejects.toThrow(
      code('net.other-host'),
    )
  })
})

describe('a part of a file', () => {
  const range = async (answer: RequestListener): Promise<string | undefined> => {
    const { upstream, url } = await before({ [FILE]: answer })
    const bytes = await upstream.range(listedAt(url), { start: 2, end: 4 })
    return bytes && utf8Decode(bytes)
  }
  const partial =
    (body: string, contentRange: string): RequestListener =>
    (request, response) => {
      const isAsked = request.headers.range === 'bytes=2-4'
      response.writeHead(isAsked ? 206 : 500, { 'content-range': contentRange }).end(body)
    }

  it('is exactly what was asked for', async () => {
    expect(await range(partial('cde', 'bytes 2-4/9'))).toBe('cde')
  })
  it('is nothing where the index knows no parts', async () => {
    expect(await range(page('abcdefghi'))).toBeUndefined()
  })
  it.each([
    ['of another place', partial('cde', 'bytes 3-5/9')],
    ['shorter', partial('cd', 'bytes 2-4/9')],
    ['longer', partial('cdef', 'bytes 2-4/9')],
    ['without a place', partial('cde', '')],
    ['of an unknown kind', partial('cde', 'lines 2-4/9')],
  ])('is never one %s', async (_what, answer) => {
    await expect(range(answer)).rejects.toThrow(code('net.reply'))
  })
  it('is no answer where it cannot be had', async () => {
    await expect(range(status(416))).rejects.toThrow(code('net.refused'))
  })
})

describe('the metadata beside a file', () => {
  const metadata = async (answers: Answers, search = ''): Promise<string | undefined> => {
    const { upstream, url } = await before(answers)
    const bytes = await upstream.metadata(listedAt(url, { url: `${url}${FILE}${search}` }))
    return bytes && utf8Decode(bytes)
  }
  it('is at its name, without the query of the file', async () => {
    expect(await metadata({ [`${FILE}.metadata`]: 'Name: demo' }, '?token=x')).toBe('Name: demo')
  })
  it('is nothing where there is none', async () => {
    expect(await metadata({})).toBeUndefined()
  })
  it('has at most 1 MiB', async () => {
    const answers = { [`${FILE}.metadata`]: 'x'.repeat((1 << 20) + 1) }
    await expect(metadata(answers)).rejects.toThrow(code('net.reply'))
  })
  it('stays open where the index fails', async () => {
    await expect(metadata({ [`${FILE}.metadata`]: status(500) })).rejects.toThrow(code('net.refused'))
  })
})
