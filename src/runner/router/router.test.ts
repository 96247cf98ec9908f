import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Clock } from '../../base/index.ts'
import type { JobNetwork } from '../network.ts'
import { readAll, serve, served } from './arrange.ts'
import { createRouter, type RouterOptions } from './router.ts'

const patient: Clock = { nowMs: () => 0, sleep: () => new Promise(() => undefined) }
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

/** A host whose every connection is answered with what came, after its name. */
async function echo(name: string) {
  const host = await serve((socket) => {
    socket.on('error', () => undefined)
    socket.write(`${name}:`)
    socket.pipe(socket)
  })
  undo.push(host.close)
  return host
}

async function open(options: Partial<RouterOptions> = {}) {
  const said: string[] = []
  const tunnelled: string[] = []
  const index = await echo('index')
  const gitlab = await echo('gitlab')
  const router = createRouter({
    clock: patient,
    allow: ['mirror.example', 'index.example:8080'],
    tunnel: async (host, port) => {
      tunnelled.push(`${host}:${port}`)
      return index.connect()
    },
    standIns: [{ host: 'gitlab.com', connect: gitlab.connect }],
    ports: [{ port: 7711, connect: gitlab.connect }],
    ...options,
  })
  const log = { notice: (text: string) => said.push(text), warning: (text: string) => said.push(text) }
  const network = await router({ id: 1, job_info: { project_id: 1, project_full_path: 'a/b' } as never }, log)
  const { portOf, close } = await served(network)
  undo.push(close)
  const ask = async (port: number, text: string): Promise<string> => {
    const socket = connect({ port: portOf(port), host: '127.0.0.1', allowHalfOpen: true }).on(
      'error',
      () => undefined,
    )
    socket.end(text)
    return readAll(socket)
  }
  return { said, tunnelled, network, portOf, ask }
}

const get = (host: string): string => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`

function udp(network: JobNetwork, name: string): Uint8Array | undefined {
  const listener = network.listeners.find(({ kind }) => kind === 'udp')
  if (listener?.kind !== 'udp') throw new Error('no name server')
  const labels = name.split('.').map((label) => `${String.fromCharCode(label.length)}${label}`)
  const text = `\0\u0001\u0001\0\0\u0001\0\0\0\0\0\0${labels.join('')}\0\0\u0001\0\u0001`
  return listener.onMessage(Buffer.from(text, 'latin1'))
}

describe('createRouter', () => {
  it('sends a host that is allowed to itself, bytes untouched, and says nothing', async () => {
    const { ask, tunnelled, said } = await open()
    expect(await ask(80, get('mirror.example'))).toBe(`index:${get('mirror.example')}`)
    expect([tunnelled, said]).toEqual([['mirror.example:80'], []])
  })

  it('sends a host with a stand-in there, and says so once', async () => {
    const { ask, tunnelled, said } = await open()
    for (let times = 0; times < 3; times += 1)
      expect(await ask(80, get('GitLab.com:80'))).toMatch(/^gitlab:GET/)
    expect(said).toEqual(['gitlab.com: answered by this machine'])
    expect(tunnelled).toEqual([])
  })

  it('refuses every other host at once, and says so once', async () => {
    const { ask, said } = await open()
    for (let times = 0; times < 3; times += 1) expect(await ask(80, get('example.org'))).toBe('')
    expect(said).toEqual([expect.stringMatching(/^example\.org: refused, it is not among/)])
  })

  it('gives the reason for a host where there is one', async () => {
    const { ask, said } = await open({
      explain: (host) => (host === 'tuf.example' ? 'never imitated' : undefined),
    })
    await ask(80, get('tuf.example'))
    expect(said).toEqual(['tuf.example: refused, never imitated'])
  })

  it('knows an allowed port for its host only', async () => {
    const { ask, tunnelled } = await open()
    expect(await ask(8080, get('index.example:8080'))).toMatch(/^index:/)
    expect(await ask(8080, get('mirror.example'))).toBe('')
    expect(await ask(8080, get('gitlab.com'))).toBe('')
    expect(await ask(80, get('index.example'))).toBe('')
    expect(tunnelled).toEqual(['index.example:8080'])
  })

  it('hands a port of the host over, whatever is said on it', async () => {
    const { ask, said } = await open()
    expect(await ask(7711, 'anything')).toBe('gitlab:anything')
    expect(said).toEqual([])
  })

  it.each([
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', /one Host field/],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: mirror.example\r\nHost: gitlab.com\r\n\r\n', /one Host field/],
    [
      'another host in its target',
      'GET http://gitlab.com/ HTTP/1.1\r\nHost: mirror.example\r\n\r\n',
      /two hosts/,
    ],
    ['an address', get('127.0.0.1'), /no valid host/],
    ['CONNECT', 'CONNECT mirror.example:443 HTTP/1.1\r\nHost: mirror.example:443\r\n\r\n', /CONNECT/],
    ['no HTTP', 'ssh-2.0\r\n\r\n', /neither/],
    ['no line end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(17 << 10)}`, /too long/],
    ['half a head', 'GET / HTTP/1.1\r\nHost: pypi', /ended before/],
  ])('refuses a connection with %s, and says why', async (_what, text, why) => {
    const { ask, said, tunnelled } = await open()
    expect(await ask(80, text)).toBe('')
    expect(said).toEqual([expect.stringMatching(why)])
    expect(tunnelled).toEqual([])
  })

  it('says nothing of a connection that says nothing', async () => {
    const { ask, said } = await open()
    expect(await ask(443, '')).toBe('')
    expect(said).toEqual([])
  })

  it('reads a beginning that comes byte by byte', async () => {
    const { portOf } = await open()
    const socket = connect({ port: portOf(80), host: '127.0.0.1' }).setNoDelay(true)
    for (const letter of get('gitlab.com')) {
      socket.write(letter)
      await new Promise(setImmediate)
    }
    socket.end()
    expect(await readAll(socket)).toBe(`gitlab:${get('gitlab.com')}`)
  })

  it('cuts whoever takes too long to name a host', async () => {
    let isLate = (): void => undefined
    const sleep = () => new Promise<void>((resolve) => void (isLate = resolve))
    const { portOf, said } = await open({ clock: { nowMs: () => 0, sleep } })
    const socket = connect(portOf(80), '127.0.0.1').on('error', () => undefined)
    socket.write('GET / HTT')
    await once(socket, 'connect')
    await new Promise((resolve) => setTimeout(resolve, 20))
    isLate()
    expect(await readAll(socket)).toBe('')
    expect(said).toEqual([expect.stringMatching(/ended before/)])
  })

  it('says what keeps it from a host that is allowed', async () => {
    const { ask, said } = await open({
      tunnel: () => Promise.reject(new Error('mirror.example:80: no route\u001B[2J')),
    })
    expect(await ask(80, get('mirror.example'))).toBe('')
    expect(said).toEqual([expect.stringMatching(/^mirror\.example:80: no route\\u\{1b\}/)])
  })

  it('answers names: those that it knows are here, others are nowhere and said once', async () => {
    const { network, said } = await open()
    expect([...udp(network, 'mirror.example')!.subarray(-4)]).toEqual([127, 0, 0, 1])
    expect(network.names).toEqual(['gitlab.com', 'mirror.example', 'index.example'])
    expect(udp(network, 'example.org')![3]! & 15).toBe(3)
    expect(udp(network, 'example.org')![3]! & 15).toBe(3)
    expect(said).toEqual([expect.stringMatching(/^example\.org: refused/)])
  })

  it('stops naming refused hosts after a hundred', async () => {
    const { network, said } = await open()
    for (let number = 0; number < 300; number += 1) udp(network, `x${number}.example`)
    expect(said).toHaveLength(101)
    expect(said.at(-1)).toMatch(/more hosts/)
  })

  it('keeps to its count of connections, and takes new ones when old ones end', async () => {
    const { portOf, ask } = await open({ maxConnections: 4 })
    const held: Socket[] = []
    for (let number = 0; number < 4; number += 1) {
      const socket = connect(portOf(80), '127.0.0.1').on('error', () => undefined)
      await once(socket, 'connect')
      held.push(socket)
    }
    expect(await ask(80, get('gitlab.com'))).toBe('')
    for (const socket of held) socket.destroy()
    await expect.poll(() => ask(80, get('gitlab.com'))).toMatch(/^gitlab:/)
  })

  it('does not read faster than the other side takes', async () => {
    const taken: Socket[] = []
    const slow = await serve((socket) => void taken.push(socket.pause().on('error', () => undefined)))
    undo.push(slow.close)
    const { portOf } = await open({ ports: [{ port: 7711, connect: slow.connect }] })
    const socket = connect(portOf(7711), '127.0.0.1').on('error', () => undefined)
    const block = Buffer.alloc(1 << 20)
    let sent = 0
    while (sent < 512 && socket.write(block)) sent += 1
    for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setTimeout(resolve, 2))
    const before = process.memoryUsage().arrayBuffers
    for (let more = 0; more < 64; more += 1) socket.write(Buffer.alloc(1 << 20))
    for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setTimeout(resolve, 2))
    // Of what was written, all but what the kernel took waits at the writer, and not a second time in the router.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(80 << 20)
    socket.destroy()
    for (const one of taken) one.destroy()
  })

  it('ends all connections with the job, and takes no more', async () => {
    const { network, portOf } = await open()
    const socket = connect(portOf(7711), '127.0.0.1').on('error', () => undefined)
    await once(socket, 'data')
    const ended = once(socket, 'close')
    await network.close()
    await ended
    const late = connect(portOf(7711), '127.0.0.1').on('error', () => undefined)
    expect(await readAll(late)).toBe('')
  })

  it('refuses lists that are not lists of hosts', () => {
    for (const allow of ['https://mirror.example', '127.0.0.1', 'Mirror.Example', ''])
      expect(() =>
        createRouter({ clock: patient, allow: [allow], tunnel: () => Promise.reject(new Error()) }),
      ).toThrow(TypeError)
  })
})
