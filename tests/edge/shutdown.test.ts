import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { createSocketHttp } from '../../src/net/index.ts'
import { launcher, root, startProgram, wheelseal, type TiedProcess } from '../support/program.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

let folder: { path: string; remove: () => Promise<void> }
let child: TiedProcess
let url: URL
let ended: Promise<[number | null, NodeJS.Signals | null]>
const sockets: Socket[] = []

beforeEach(async () => {
  folder = await temporaryFolder()
  const args = [
    'up',
    '--data',
    join(folder.path, 'data'),
    '--listen',
    await ownAddress(),
    '--json',
    '--quiet',
  ]
  child = startProgram([wheelseal, ...args])
  child.stderr.resume()
  ended = once(child, 'exit') as typeof ended
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  url = new URL((JSON.parse(line) as { url: string }).url)
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  child.kill('SIGKILL')
  await folder.remove()
})

async function open(text: string): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname)
  sockets.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(text.replaceAll('\n', '\r\n').replace('HOST', url.host))
  return socket
}

/** An upload that the server has begun to read: it answers nothing before the end. */
async function upload(): Promise<Socket> {
  const head =
    'POST /api/v1/timestamp HTTP/1.1\nHost: HOST\nContent-Type: application/timestamp-query\nExpect: 100-continue\nContent-Length: 900\n\n'
  const socket = await open(head)
  // 100 Continue: what is only on its way would be cut as idle.
  await once(socket, 'data')
  socket.write('half')
  return socket
}

/** Python has a terminal to give; Node has none. */
const IN_TERMINAL = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'

async function refusesConnections(): Promise<void> {
  await expect
    .poll(async () => {
      const socket = connect(Number(url.port), url.hostname)
      const outcome = await Promise.race([
        once(socket, 'connect').then(() => 'open'),
        once(socket, 'error').then(() => 'closed'),
      ]).catch(() => 'closed')
      socket.destroy()
      return outcome
    })
    .toBe('closed')
}

describe('SIGTERM', () => {
  it('ends a server with idle connections, an upload and clients that hang; the directory is free then', async () => {
    const idle = await open('GET /healthz HTTP/1.1\nHost: HOST\n\n')
    await once(idle, 'data')
    await upload()
    await open('')
    await open('GET /healthz HTT')
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    const again = await startServer(join(folder.path, 'data'))
    expect(await again.stop()).toBe(0)
  })

  it('a second time ends it at once, and the next start finds a whole directory', async () => {
    await upload()
    child.kill('SIGTERM')
    await refusesConnections()
    child.kill('SIGTERM')
    expect(await ended).toEqual([null, 'SIGTERM'])
    const again = await startServer(join(folder.path, 'data'))
    expect(await again.stop()).toBe(0)
  })
})

describe('other signals', () => {
  let listen = ''
  beforeAll(async () => {
    listen = await ownAddress()
  })

  /** Standard error of a server that is asked while it gets the signal, and ends by SIGTERM. */
  async function saidAfter(
    signal: NodeJS.Signals,
    program: readonly string[] = [wheelseal],
  ): Promise<string> {
    const data = join(folder.path, 'other')
    const args = ['up', '--data', data, '--listen', listen, '--json']
    const other = startProgram([...program, ...args])
    let said = ''
    other.stderr.on('data', (part: Buffer) => (said += part.toString()))
    const closed = once(other, 'close')
    const [line] = (await once(createInterface(other.stdout), 'line')) as [string]
    const { url: origin } = JSON.parse(line) as { url: string }
    other.kill(signal)
    // A debugger begins on a thread of its own.
    for (let count = 0; count < 20; count += 1) expect((await fetch(`${origin}/healthz`)).status).toBe(200)
    other.kill('SIGTERM')
    expect(await closed).toEqual([0, null])
    return said
  }

  it('SIGUSR1 opens no debugger, with Node started by the launcher or by anybody', async () => {
    expect(await saidAfter('SIGUSR1', [launcher])).not.toMatch(/debugger/i)
    const plain = [process.execPath, join(root, 'src/cli/main.ts')]
    expect(await saidAfter('SIGUSR1', plain)).not.toMatch(/debugger/i)
  })

  it('SIGHUP ends no server that has neither a terminal nor TLS', async () => {
    expect(await saidAfter('SIGHUP')).toContain('server.ready')
  })

  it('SIGHUP of a terminal that is closed ends its server after what is under way', async () => {
    const args = ['up', '--data', join(folder.path, 'other'), '--listen', listen, '--json', '--quiet']
    const inTerminal = startProgram(['python3', '-c', IN_TERMINAL, wheelseal, ...args])
    const exited = once(inTerminal, 'exit')
    const [line] = (await once(createInterface(inTerminal.stdout), 'line')) as [string]
    const ready = JSON.parse(line) as { readonly url: string; readonly pid: number }
    url = new URL(ready.url)
    const idle = await open('GET /healthz HTTP/1.1\nHost: HOST\n\n')
    await once(idle, 'data')
    const uploading = await upload()
    process.kill(ready.pid, 'SIGHUP')
    await once(idle, 'close')
    const answered = once(uploading, 'data')
    uploading.write('x'.repeat(896))
    expect(String(await answered)).toMatch(/^HTTP\/1\.1 4/)
    expect(await exited).toEqual([0, null])
  })
})

describe('a log that nobody reads', () => {
  it('stops neither the server nor its end', async () => {
    const args = ['up', '--data', join(folder.path, 'unread'), '--listen', '127.0.0.1:0', '--json']
    const unread = startProgram([wheelseal, ...args])
    // Paused, and so the pipe fills.
    unread.stderr.pause()
    const exited = once(unread, 'exit')
    const [line] = (await once(createInterface(unread.stdout), 'line')) as [string]
    const { url: origin } = JSON.parse(line) as { url: string }
    const admin = createSocketHttp(join(folder.path, 'unread', 'run', 'admin.sock'))
    const headers = { 'content-type': 'application/json' }
    const post = (path: string, json: object) =>
      admin.request({
        method: 'POST',
        url: `http://admin${path}`,
        headers,
        body: Buffer.from(JSON.stringify(json)),
      })
    await post('/admin/projects', { path: 'acme/tools', visibility: 'private' })
    for (let count = 0; count < 1000; count += 1) {
      const answer = await post('/admin/id-tokens', {
        project: 'acme/tools',
        ref: 'r'.repeat(255),
        audience: 'a',
      })
      expect([answer.status, await answer.text(1 << 20)]).toEqual([201, expect.any(String)])
    }
    expect((await fetch(`${origin}/healthz`)).status).toBe(200)
    unread.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  }, 120_000)
})
