import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { defineErrors, type Log } from '../base/index.ts'
import { failures } from './failures.ts'

const errors = defineErrors({
  'test.mistake': { status: 409, exit: 1, summary: 'A test.', hint: 'do otherwise' },
  'test.full': { status: 507, exit: 1, summary: 'A test.', hint: 'free some space' },
  'test.busy': { status: 429, exit: 1, summary: 'A test.', hint: 'try again in a second' },
  'test.broken': { status: 500, exit: 1, summary: 'A test.', hint: 'nothing for a client' },
})

interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: string
  readonly logged: readonly string[]
}

async function answerTo(error: Error): Promise<Answer> {
  const logged: string[] = []
  const log: Log = { event: () => undefined, failure: (name) => void logged.push(name) }
  const app = new Hono().get('/', () => {
    throw error
  })
  app.onError(failures(log))
  const response = await app.request('/')
  const retryAfter = response.headers.get('retry-after')
  return { status: response.status, retryAfter, body: await response.text(), logged }
}

describe('failures', () => {
  it('gives the client fact, code and hint of its own mistake, and logs nothing', async () => {
    const { status, body, logged } = await answerTo(errors('test.mistake', 'seen this'))
    expect(status).toBe(409)
    expect(JSON.parse(body)).toEqual({
      message: '409 Conflict - seen this',
      code: 'test.mistake',
      hint: 'do otherwise',
    })
    expect(logged).toEqual([])
  })

  it('tells client and operator that the server is full', async () => {
    expect(await answerTo(errors('test.full', 'no space'))).toMatchObject({
      status: 507,
      logged: ['test.full'],
    })
  })

  it('says when to come again to whoever comes when it is busy, and to nobody else', async () => {
    expect(await answerTo(errors('test.busy', 'many wait'))).toMatchObject({ status: 429, retryAfter: '1' })
    expect(await answerTo(errors('test.full', 'no space'))).toMatchObject({ retryAfter: null })
  })

  it.each([
    ["open '/srv/my data/logs/rekor'", "open '[file]'"],
    ['EACCES: /srv/data/wheelseal.db, errno 13', 'EACCES: [file], errno 13'],
    ['(/srv/data/x)', '([file])'],
    ['/srv/data/x', '[file]'],
    ['see https://host.example/a/b, 1/2 full', 'see https://host.example/a/b, 1/2 full'],
  ])('names no file of the server where it cannot serve: %s', async (fact, said) => {
    expect(JSON.parse((await answerTo(errors('test.full', fact))).body)).toMatchObject({
      message: `507 Insufficient Storage - ${said}`,
    })
  })

  it.each([errors('test.broken', '/secret/path'), new Error('SELECT * FROM secrets')])(
    'keeps what broke inside (%s)',
    async (error) => {
      const { status, body, logged } = await answerTo(error)
      expect({ status, logged }).toEqual({ status: 500, logged: ['http.internal'] })
      expect(body).not.toMatch(/secret|SELECT/)
    },
  )
})
