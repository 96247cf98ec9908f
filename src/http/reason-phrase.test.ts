import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import { Hono, type Context } from 'hono'
import { describe, expect, it } from 'vitest'
import { defineErrors } from '../base/index.ts'
import { silentLog } from '../host/index.ts'
import type { Bindings } from './route.ts'
import { failures } from './failures.ts'
import { reasonPhrase, sayInStatusLine } from './reason-phrase.ts'
import { listen } from './server.ts'

const errors = defineErrors({
  'test.said': { status: 400, exit: 1, summary: 'A test.', hint: 'raise the version' },
})

type Refuse = (context: Context<Bindings>) => Response

/** The status line of an answer. */
async function statusLine(refuse: Refuse): Promise<string> {
  const app = new Hono<Bindings>().get('/', refuse)
  app.onError(failures(silentLog))
  const server = await listen(app, { host: '127.0.0.1', port: 0 })
  const socket = connect(server.port, '127.0.0.1')
  socket.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  let answer = ''
  socket.on('data', (part: Buffer) => (answer += part.toString('latin1')))
  await once(socket, 'close')
  await server.close(0)
  return answer.slice(0, answer.indexOf('\r\n'))
}

describe('the status line', () => {
  it('of a refusal has its sentence and what to do', async () => {
    const refuse = (): never => {
      throw errors('test.said', 'the file exists with other bytes')
    }
    expect(await statusLine(refuse)).toBe('HTTP/1.1 400 the file exists with other bytes; raise the version')
  })

  it.each([
    ['a line break', 'a\r\nSet-Cookie: x=1', 'a Set-Cookie: x=1'],
    ['an escape', 'a\u001B[31mb', 'a?[31mb'],
    ['a zero', 'a\0b', 'a?b'],
    ['letters beyond ASCII', 'Ünïcode 🎡', '?n?code ?'],
    ['a text that turns direction', 'a\u202Eb', 'a?b'],
  ])('is one line of ASCII also over %s', async (_what, words, said) => {
    const refuse: Refuse = (context) => {
      sayInStatusLine(context.env, words)
      return context.body(null, 400)
    }
    expect(await statusLine(refuse)).toBe(`HTTP/1.1 400 ${said}`)
  })

  it('is never longer than clients take, nor anything but printable ASCII', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 600 }), fc.string({ maxLength: 600 }))
    fc.assert(
      fc.property(text, (sentence) => {
        expect(reasonPhrase(sentence)).toMatch(/^[!-~](?:[ -~]{0,238}[!-~])?$/)
      }),
    )
    expect(reasonPhrase('x'.repeat(5_000_000))).toBe(`${'x'.repeat(237)}...`)
    expect(reasonPhrase(' \n')).toBe('Error')
  })
})
