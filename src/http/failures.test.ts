import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { defineErrors, type Log } from '../base/index.ts'
import { failures } from './failures.ts'

const errors = defineErrors({
  'test.mistake': { status: 409, exit: 1, summary: 'A test.', hint: 'do otherwise' },
  'test.full': { status: 507, exit: 1, summary: 'A test.', hint: 'free some space' },
  'test.broken': { status: 500, exit: 1, summary: 'A test.', hint: 'nothing for a client' },
})

async function answerTo(error: Error): Promise<{ status: number; body: string; logged: readonly string[] }> {
  const logged: string[] = []
  const log: Log = { event: () => undefined, failure: (name) => void logged.push(name) }
  const app = new Hono().get('/', () => {
    throw error
  })
  app.onError(failures(log))
  const response = await app.request('/')
  return { status: response.status, body: await response.text(), logged }
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

  it.each([errors('test.broken', '/secret/path'), new Error('SELECT * FROM secrets')])(
    'keeps what broke inside (%s)',
    async (error) => {
      const { status, body, logged } = await answerTo(error)
      expect({ status, logged }).toEqual({ status: 500, logged: ['http.internal'] })
      expect(body).not.toMatch(/secret|SELECT/)
    },
  )
})
