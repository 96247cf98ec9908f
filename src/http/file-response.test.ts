import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { sha256Hex, utf8, type Blob } from '../base/index.ts'
import { fileResponse } from './file-response.ts'

const TEXT = '0123456789'
const DIGEST = sha256Hex(TEXT)

function ask(headers: Readonly<Record<string, string>>, text = TEXT): Response | Promise<Response> {
  const blob = {
    size: text.length,
    stream: async function* ({ start, end } = { start: 0, end: text.length - 1 }) {
      yield utf8(text.slice(start, end + 1))
    },
  }
  const app = new Hono()
  app.get('/', (context) => fileResponse(context, { fileName: 'f', sha256: DIGEST }, blob))
  return app.request('/', { headers })
}

/** What goes wrong before the answer is thrown. */
async function served(blob: Blob, range?: string, method = 'GET'): Promise<Response> {
  const app = new Hono()
  app.onError((error) => {
    throw error
  })
  app.get('/', (context) => fileResponse(context, { fileName: 'f', sha256: DIGEST }, blob))
  return app.request('/', { method, headers: range === undefined ? {} : { range } })
}

interface Row {
  readonly range: string
  readonly status: number
  readonly text: string
  readonly contentRange: string | null
}

const row = (range: string, status: number, ...rest: [text: string, contentRange: string | null]): Row => ({
  range,
  status,
  text: rest[0],
  contentRange: rest[1],
})

describe('fileResponse', () => {
  it.each([
    row('bytes=0-3', 206, '0123', 'bytes 0-3/10'),
    row('bytes=4-', 206, '456789', 'bytes 4-9/10'),
    row('bytes=-3', 206, '789', 'bytes 7-9/10'),
    row('bytes=-99', 206, TEXT, 'bytes 0-9/10'),
    row('bytes=8-99', 206, '89', 'bytes 8-9/10'),
    row('bytes=10-', 416, '', 'bytes */10'),
    row('bytes=-0', 416, '', 'bytes */10'),
    row('bytes=3-2', 200, TEXT, null),
    row('bytes=-', 200, TEXT, null),
    row('bytes=0-1,3-4', 200, TEXT, null),
    row('lines=0-1', 200, TEXT, null),
    row('bytes=99999999999999999999-', 200, TEXT, null),
  ])('answers the range $range', async ({ range, status, text, contentRange }) => {
    const answer = await ask({ range })
    expect([answer.status, await answer.text()]).toEqual([status, text])
    expect(answer.headers.get('content-range')).toBe(contentRange)
    if (status !== 416) expect(answer.headers.get('content-length')).toBe(String(text.length))
  })

  it('goes on only with the file that the client began with', async () => {
    const range = { range: 'bytes=4-' }
    expect((await ask({ ...range, 'if-range': `"${DIGEST}"` })).status).toBe(206)
    expect((await ask({ ...range, 'if-range': '"other"' })).status).toBe(200)
  })

  it('sends nothing to who has it', async () => {
    for (const tags of [`"${DIGEST}"`, `"other", W/"${DIGEST}"`, '*']) {
      const answer = await ask({ 'if-none-match': tags })
      expect([answer.status, await answer.text()]).toEqual([304, ''])
    }
    expect((await ask({ 'if-none-match': '"other"' })).status).toBe(200)
  })

  it.each([1, 300_000])(
    'of a file of %i bytes that cannot be read names no file of the server',
    async (size) => {
      const broken = {
        size,
        stream: () => {
          throw new Error("EMFILE: open '/srv/data/blobs/x'")
        },
      }
      await expect(served(broken).then((answer) => answer.text())).rejects.toMatchObject({
        code: 'http.file',
        message: expect.not.stringContaining('srv') as string,
      })
    },
  )

  it('of a small file has its status after the last byte is read, and of a large one before the first', async () => {
    for (const size of [1, 262_144, 262_145]) {
      let isRead = false
      const blob = {
        size,
        stream: async function* () {
          yield new Uint8Array(size)
          isRead = true
        },
      }
      const answer = await served(blob)
      expect(isRead).toBe(size <= 262_144)
      expect((await answer.arrayBuffer()).byteLength).toBe(size)
    }
  })

  it('is refused where a small file has become shorter or longer', async () => {
    for (const text of ['012', '01234']) {
      const blob = {
        size: 4,
        stream: async function* () {
          yield utf8(text)
        },
      }
      for (const range of [undefined, 'bytes=0-3'])
        await expect(served(blob, range)).rejects.toMatchObject({ code: 'http.file' })
    }
  })

  it('of HEAD reads no file', async () => {
    const blob = {
      size: 4,
      stream: () => {
        throw new Error('read')
      },
    }
    const answer = await served(blob, undefined, 'HEAD')
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '4'])
  })

  it('has no range of an empty file', async () => {
    for (const range of ['bytes=0-', 'bytes=-1']) expect((await ask({ range }, '')).status).toBe(416)
    expect((await ask({}, '')).status).toBe(200)
  })
})
