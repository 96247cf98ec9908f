import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobListener, JobNetwork } from '../network.ts'
import { arrangeSandboxes, type SandboxTest } from './arrange.contract.ts'

let sandboxes: SandboxTest
beforeAll(() => {
  sandboxes = arrangeSandboxes()
})
afterAll(() => sandboxes.close())

function network(listeners: readonly JobListener[], more: Partial<JobNetwork> = {}) {
  const made = { listeners, names: [], authorities: '', close: () => Promise.resolve(), ...more }
  return { openNetwork: () => Promise.resolve(made) }
}

/** A client that needs nothing but the shell. */
const GET = (port: number) =>
  `exec 3<>/dev/tcp/127.0.0.1/${port}; printf 'GET /x HTTP/1.0\\r\\n\\r\\n' >&3; tail -n1 <&3`
const ASK = `exec 3<>/dev/udp/127.0.0.1/53; printf question >&3; head -c 6 <&3`

describe('the network of a job', () => {
  it('reaches the listener of a port, privileged ones too, with all bytes of both directions', async () => {
    const large = Buffer.alloc(3_000_000, 'x')
    const server = createServer((request, response) => response.end(`${request.url} ${large.toString()}`))
    const listener = (port: number): JobListener => ({
      kind: 'tcp',
      host: '127.0.0.1',
      port,
      onConnection: (socket) => void server.emit('connection', socket),
    })
    const job = await sandboxes.job(network([listener(443), listener(8080)]))
    for (const port of [443, 8080]) {
      const { output } = await job.sh(GET(port))
      expect([output.length, output.slice(0, 4)]).toEqual([large.length + 3, '/x x'])
    }
  })

  it('says to each listener what was meant for it, and ends a connection that this one has ended', async () => {
    const line = (text: string, port: number): JobListener => ({
      kind: 'tcp',
      host: '127.0.0.1',
      port,
      onConnection: (socket) => socket.end(text),
    })
    const job = await sandboxes.job(network([line('one', 81), line('two', 82)]))
    const { output } = await job.sh('cat </dev/tcp/127.0.0.1/82; cat </dev/tcp/127.0.0.1/81')
    expect(output).toBe('twoone')
  })

  it('asks its name server, and gets at most one answer', async () => {
    const asked: string[] = []
    const server: JobListener = {
      kind: 'udp',
      host: '127.0.0.1',
      port: 53,
      onMessage: (message) => {
        asked.push(Buffer.from(message).toString())
        return Buffer.from('answer')
      },
    }
    const job = await sandboxes.job(network([server]))
    expect((await job.sh(ASK)).output).toBe('answer')
    expect(asked).toEqual(['question'])
  })

  it('holds no connection for a datagram that its name server drops', async () => {
    const silent: JobListener = { kind: 'udp', host: '127.0.0.1', port: 53, onMessage: () => undefined }
    const job = await sandboxes.job(network([silent]))
    const before = openSockets()
    const ask = 'for n in $(seq 40); do exec 3<>/dev/udp/127.0.0.1/53; printf x >&3; exec 3>&-; done'
    await job.sh(`${ask}; sleep 0.5`)
    await expect.poll(openSockets).toBeLessThanOrEqual(before)
  })

  it('finds the names that it is given, and trusts the authorities', async () => {
    const authorities = '-----BEGIN CERTIFICATE-----\nof the run\n-----END CERTIFICATE-----\n'
    const job = await sandboxes.job(network([], { names: ['stand-in.example'], authorities }))
    const { output } = await job.sh(
      'cat /etc/hosts /etc/resolv.conf; tail -n 3 "$SSL_CERT_FILE"; ls -L "$REQUESTS_CA_BUNDLE" "$PIP_CERT"',
    )
    expect(output).toContain('127.0.0.1 stand-in.example\n')
    expect(output).toContain('nameserver 127.0.0.1\n')
    expect(output).toContain('\nof the run\n')
  })

  it('is closed with the job, which ends what is still connected', async () => {
    let isClosed = false
    const hanging: JobListener = {
      kind: 'tcp',
      host: '127.0.0.1',
      port: 90,
      onConnection: (socket) => socket.on('close', () => (isClosed = true)),
    }
    const job = await sandboxes.job(network([hanging]))
    await job.sh('exec 3<>/dev/tcp/127.0.0.1/90; echo x >&3; sleep 0.2')
    await job.place.close()
    expect(isClosed).toBe(true)
  })

  it('has nothing else on its loopback, and no way out', async () => {
    const listening = createServer().listen(0, '127.0.0.1')
    await once(listening, 'listening')
    const { port } = listening.address() as { port: number }
    const job = await sandboxes.job()
    const { output } = await job.sh(
      `(: </dev/tcp/127.0.0.1/${port}) || (: </dev/tcp/192.0.2.1/80) || true; ls /sys; cat /proc/net/dev`,
    )
    listening.close()
    expect(output).toContain('Connection refused')
    expect(output).toContain('Network is unreachable')
    expect([...output.matchAll(/^\s*(\w+):/gm)].map(([, name]) => name)).toEqual(['lo'])
  })
})

function openSockets(): number {
  const descriptors = readdirSync('/proc/self/fd')
  return descriptors.filter((descriptor) => targetOf(descriptor).startsWith('socket:')).length
}

function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return ''
  }
}
