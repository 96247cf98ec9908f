import { describe, expect, it } from 'vitest'
import { concatBytes, utf8 } from '../../base/index.ts'
import { answerName } from './name-server.ts'

const [A, AAAA, MX] = [1, 28, 15]
const OPT = Uint8Array.of(0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0)

function query(
  name: string,
  type: number,
  { flags = 1, extra = new Uint8Array(), klass = 1 } = {},
): Uint8Array {
  const labels = name.split('.').map((label) => concatBytes(Uint8Array.of(label.length), utf8(label)))
  const header = Uint8Array.of(0xab, 0xcd, flags, 0, 0, 1, 0, 0, 0, 0, 0, extra.length > 0 ? 1 : 0)
  return concatBytes(header, ...labels, Uint8Array.of(0, 0, type, 0, klass), extra)
}

const isKnown = (name: string): boolean => name === 'gitlab.com'
const ask = (message: Uint8Array) => answerName(message, isKnown)
const code = (reply: Uint8Array | undefined): number => (reply?.[3] ?? 0) & 15
const answers = (reply: Uint8Array | undefined): number => reply?.[7] ?? -1

describe('answerName', () => {
  it('gives 127.0.0.1 for a known name, also with EDNS and in capitals', () => {
    for (const message of [query('gitlab.com', A), query('GitLab.COM', A, { extra: OPT })]) {
      const { reply } = ask(message)!
      expect([reply[0], reply[1], code(reply), answers(reply)]).toEqual([0xab, 0xcd, 0, 1])
      expect([...reply.subarray(-4)]).toEqual([127, 0, 0, 1])
    }
  })

  it.each([
    ['AAAA', AAAA],
    ['MX', MX],
  ])('has nothing of type %s, but the name is there', (_type, type) => {
    const { reply } = ask(query('gitlab.com', type))!
    expect([code(reply), answers(reply)]).toEqual([0, 0])
  })

  it.each([
    'example.org',
    'gitlab.com.evil',
    'x.gitlab.com',
    '_srv._tcp.gitlab.com',
    '1.0.0.127.in-addr.arpa',
  ])('does not know %s', (name) => {
    const answer = ask(query(name, A))
    expect([code(answer?.reply), answers(answer?.reply)]).toEqual([3, 0])
    expect(answer).toMatchObject({ name, isKnown: false })
  })

  it('does not take a stop inside of a label for the end of one', () => {
    const label = concatBytes(Uint8Array.of(10), utf8('gitlab.com'), Uint8Array.of(0, 0, A, 0, 1))
    expect(ask(concatBytes(query('x', A).subarray(0, 12), label))?.isKnown).toBe(false)
  })

  it('repeats the question as it was spelled', () => {
    const message = query('gItLaB.com', A)
    expect(ask(message)!.reply.subarray(12, message.length)).toEqual(message.subarray(12))
  })

  it.each([
    ['an answer', query('gitlab.com', A, { flags: 0x81 })],
    ['a change of the zone', query('gitlab.com', A, { flags: 0x29 })],
    ['two questions', query('gitlab.com', A).with(5, 2)],
    ['no question', query('gitlab.com', A).with(5, 0)],
    ['an answer beside the question', query('gitlab.com', A).with(7, 1)],
    ['another class', query('gitlab.com', A, { klass: 3 })],
    ['a compressed name', query('gitlab.com', A).with(12, 0xc0)],
    ['a label beyond the end', query('gitlab.com', A).with(12, 60)],
    ['nothing', new Uint8Array()],
    ['a header alone', query('gitlab.com', A).subarray(0, 12)],
    ['a megabyte', new Uint8Array(1 << 20)],
  ])('drops %s', (_what, message) => {
    expect(ask(message)).toBeUndefined()
  })

  it('drops a question that is cut anywhere', () => {
    const message = query('gitlab.com', A)
    for (let length = 0; length < message.length; length += 1)
      expect(ask(message.subarray(0, length))).toBeUndefined()
  })
})
