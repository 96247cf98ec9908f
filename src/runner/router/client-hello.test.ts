import { connect as connectTls } from 'node:tls'
import { Duplex } from 'node:stream'
import { beforeAll, describe, expect, it } from 'vitest'
import { concatBytes, utf8 } from '../../base/index.ts'
import { readClientHello } from './client-hello.ts'

const number = (value: number, width: number): Uint8Array =>
  Uint8Array.from({ length: width }, (_, index) => Math.floor(value / 256 ** (width - 1 - index)) % 256)
const vector = (width: number, ...parts: Uint8Array[]): Uint8Array => {
  const content = concatBytes(...parts)
  return concatBytes(number(content.length, width), content)
}
const extension = (type: number, content: Uint8Array): Uint8Array =>
  concatBytes(number(type, 2), vector(2, content))
const sni = (name: string, type = 0): Uint8Array =>
  extension(0, vector(2, concatBytes(number(type, 1), vector(2, utf8(name)))))
const GREASE = extension(0x1a1a, new Uint8Array([0]))
const ECH = extension(0xfe0d, new Uint8Array(180))

function hello(...extensions: Uint8Array[]): Uint8Array {
  const body = concatBytes(
    number(0x0303, 2),
    new Uint8Array(32),
    vector(1, new Uint8Array(32)),
    vector(2, number(0x0a0a, 2), number(0x1301, 2)),
    vector(1, new Uint8Array(1)),
    vector(2, ...extensions),
  )
  return concatBytes(number(1, 1), vector(3, body))
}

function records(message: Uint8Array, size = 1 << 14): Uint8Array {
  const parts: Uint8Array[] = []
  for (let at = 0; at < message.length; at += size)
    parts.push(concatBytes(number(22, 1), number(0x0301, 2), vector(2, message.subarray(at, at + size))))
  return concatBytes(...parts)
}

/** What this Node sends first. */
async function realHello(servername: string): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer) => {
        resolve(new Uint8Array(chunk))
        wire.destroy()
      },
    })
    connectTls({ socket: wire, servername }).on('error', () => undefined)
  })
}

const found = { kind: 'host', host: 'gitlab.com' }

describe('readClientHello', () => {
  let real: Uint8Array
  beforeAll(async () => {
    real = await realHello('gitlab.com')
  })

  it('reads the host of a real client', () => {
    expect(readClientHello(real)).toEqual(found)
  })

  it.each([
    ['alone', [sni('gitlab.com')]],
    ['among GREASE and ECH', [GREASE, ECH, sni('gitlab.com'), GREASE]],
    ['in capitals', [sni('GitLab.com')]],
  ])('reads a name %s', (_how, extensions) => {
    expect(readClientHello(records(hello(...extensions)))).toEqual(found)
  })

  it.each([1, 3, 100])('reads a message in records of %i bytes', (size) => {
    expect(readClientHello(records(hello(ECH, sni('gitlab.com')), size))).toEqual(found)
  })

  it('asks for more at each cut, and never for more than there is', () => {
    for (let length = 0; length < real.length; length += 1) {
      const read = readClientHello(real.subarray(0, length))
      expect(read.kind).toBe('more')
      expect((read as { bytes: number }).bytes).toBeGreaterThan(length)
      expect((read as { bytes: number }).bytes).toBeLessThanOrEqual(real.length)
    }
  })

  it.each([
    ['without a name', records(hello(GREASE)), /names no host/],
    [
      'with two names in one list',
      records(
        hello(
          extension(
            0,
            vector(
              2,
              concatBytes(number(0, 1), vector(2, utf8('a.b')), number(0, 1), vector(2, utf8('c.d'))),
            ),
          ),
        ),
      ),
      /malformed/,
    ],
    ['with two lists', records(hello(sni('a.b'), sni('c.d'))), /twice/],
    ['with a name of another kind', records(hello(sni('gitlab.com', 1))), /no valid host/],
    ['with an address', records(hello(sni('127.0.0.1'))), /no valid host/],
    ['with a stop at the end', records(hello(sni('gitlab.com.'))), /no valid host/],
    ['with a null byte', records(hello(sni('gitlab.com\0.evil'))), /no valid host/],
    ['with an empty name', records(hello(sni(''))), /no valid host/],
    ['that is no TLS', utf8('GET / HTTP/1.1\r\n'), /does not begin/],
    ['that is an alert', Uint8Array.of(21, 3, 1, 0, 2, 2, 40), /does not begin/],
    ['of SSL 2', Uint8Array.of(22, 2, 0, 0, 5, 1, 0, 0, 1, 0), /version/],
    ['with an empty record', Uint8Array.of(22, 3, 1, 0, 0), /valid length/],
    ['with a record that is too long', Uint8Array.of(22, 3, 1, 0x40, 1), /valid length/],
    [
      'that is another message',
      records(concatBytes(number(2, 1), vector(3, new Uint8Array(40)))),
      /not a ClientHello/,
    ],
    ['that announces a megabyte', records(Uint8Array.of(1, 0x10, 0, 0)), /too long/],
    [
      'with something behind it',
      records(concatBytes(hello(sni('gitlab.com')), new Uint8Array(4))),
      /follows/,
    ],
    [
      'cut in the middle of its fields',
      records(concatBytes(number(1, 1), vector(3, hello().subarray(4, 40)))),
      /malformed/,
    ],
  ])('refuses one %s', (_what, bytes, why) => {
    expect(readClientHello(bytes)).toMatchObject({ kind: 'refused', why: expect.stringMatching(why) })
  })

  it('gives no other host for any single changed byte than the bytes say, and never throws', () => {
    const good = records(hello(GREASE, sni('gitlab.com')))
    for (let at = 0; at < good.length; at += 1)
      for (const value of [0, 1, 0x7f, 0xff]) {
        const read = readClientHello(good.with(at, value))
        if (read.kind === 'host')
          expect(Buffer.from(good.with(at, value)).toString('latin1').toLowerCase()).toContain(read.host)
      }
  })
})
