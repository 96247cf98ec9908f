import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { sha256Hex, utf8 } from '../base/index.ts'
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

  it('of a file that cannot be read names no file of the server', async () => {
    const app = new Hono()
    const broken = {
      size: 1,
      stream: () => {
        throw new Error("EMFILE: open '/srv/data/blobs/x'")
      },
    }
    app.get('/', (context) => fileResponse(context, { fileName: 'f', sha256: DIGEST }, broken))
    const read = Promise.resolve(app.request('/')).then((answer) => answer.text())
    await expect(read).rejects.toMatchObject({
      code: 'http.file',
      message: expect.not.stringContaining('srv') as string,
    })
  })

  it('has no range of an empty file', async () => {
    for (const range of ['bytes=0-', 'bytes=-1']) expect((await ask({ range }, '')).status).toBe(416)
    expect((await ask({}, '')).status).toBe(200)
  })
})
