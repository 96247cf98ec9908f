/** For tests only: servers on loopback, and a TLS authority that no system trusts. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type AddressInfo, type Server as NetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../base/index.ts'

export interface Running {
  readonly url: string
  readonly server: Server
  close(): void
}

export async function serve(listener: RequestListener, server = createServer(listener)): Promise<Running> {
  await listen(server)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function listen(server: NetServer): Promise<void> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
}

/** A certificate for `service.test` and loopback, which is its own authority. */
export function makeTlsIdentity(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'wheelseal-tls-'))
  try {
    execFileSync(
      'openssl',
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test -keyout key -out cert
       -addext subjectAltName=DNS:service.test,DNS:localhost,IP:127.0.0.1`.split(/\s+/),
      { cwd: folder, stdio: 'ignore' },
    )
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
    return { key: read('key'), cert: read('cert') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export async function serveTls(
  identity: { readonly key: string; readonly cert: string },
  listener: RequestListener,
): Promise<Running> {
  const running = await serve(listener, createTlsServer(identity, listener))
  return { ...running, url: running.url.replace('http:', 'https:') }
}

/** A forward proxy that sends everything to one port, whatever host was asked for, and notes what it was asked. */
export async function serveProxy(port: string): Promise<Running & { readonly asked: string[] }> {
  const asked: string[] = []
  const running = await serve((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.end('from the proxy')
  })
  running.server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`)
    const upstream = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(socket).pipe(upstream)
    })
    const end = (): void => {
      upstream.destroy()
      socket.destroy()
    }
    upstream.on('error', end)
    socket.on('error', end)
  })
  return { ...running, asked }
}

/** Sleeping only notes for how long. */
export function patientClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = []
  return {
    slept,
    nowMs: () => 1_900_000_000_000,
    sleep: async (ms) => {
      slept.push(ms)
    },
  }
}
