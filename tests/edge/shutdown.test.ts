import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { wheelseal } from '../support/program.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

let folder: { path: string; remove: () => Promise<void> }
let child: ChildProcess
let url: URL
let ended: Promise<[number | null, NodeJS.Signals | null]>
const sockets: Socket[] = []

beforeEach(async () => {
  folder = await temporaryFolder()
  const args = ['up', '--data', join(folder.path, 'data'), '--listen', '127.0.0.1:0', '--json', '--quiet']
  child = spawn(wheelseal, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  ended = once(child, 'exit') as typeof ended
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string]
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
async function upload(): Promise<void> {
  const head = 'POST /api/v1/timestamp HTTP/1.1\nHost: HOST\nExpect: 100-continue\nContent-Length: 900\n\n'
  const socket = await open(head)
  // 100 Continue: what is only on its way would be cut as idle.
  await once(socket, 'data')
  socket.write('half')
}

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
