import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StagedBlob } from '../base/index.ts'
import { silentLog } from '../host/index.ts'
import type { Bindings } from './route.ts'
import { failures } from './failures.ts'
import { twineForm } from './packages-server.contract.ts'
import { readPypiForm } from './pypi-form.ts'
import { listen, type Listening } from './server.ts'

const MEBIBYTE = 1 << 20
const staged = new Set<StagedBlob>()

async function stage(bytes: AsyncIterable<Uint8Array>): Promise<StagedBlob> {
  let size = 0
  for await (const part of bytes) size += part.length
  const blob = {
    sha256: '',
    size,
    read: async () => new Uint8Array(0),
    commit: async () => undefined,
    discard: async () => void staged.delete(blob),
  }
  staged.add(blob)
  return blob
}

const app = new Hono<Bindings>()
app.post('/', async (context) => {
  const { content } = await readPypiForm(context, { maxFileBytes: 1024 * MEBIBYTE, stage })
  await content.discard()
  return context.json(content.size)
})
app.onError(failures(silentLog))

let server: Listening
beforeEach(async () => {
  server = await listen(app, { host: '127.0.0.1', port: 0 })
})
afterEach(() => server.close(0))

const post = (body: FormData): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}`, { method: 'POST', body })

describe('the rest of a form whose file may be large', () => {
  it.each<[string, (form: FormData, large: string) => void]>([
    ['fields that are passed over', (form, large) => form.append('description', large)],
    ['a second file', (form, large) => form.append('gpg_signature', new Blob([large]), 'x.asc')],
  ])('is refused over 32 MiB: %s', async (_what, add) => {
    const answerTo = (bytes: number): Promise<Response> => {
      const form = twineForm('content')
      add(form, 'x'.repeat(bytes))
      return post(form)
    }
    expect((await answerTo(31 * MEBIBYTE)).status).toBe(200)
    const refused = await answerTo(32 * MEBIBYTE + 1)
    expect([refused.status, await refused.json()]).toMatchObject([413, { code: 'http.body-too-large' }])
    await expect.poll(() => staged.size).toBe(0)
  })

  it('is not the file', async () => {
    const answer = await post(twineForm(new Uint8Array(64 * MEBIBYTE)))
    expect(await answer.json()).toBe(64 * MEBIBYTE)
  })
})
