/** For tests only: a gate behind a socket. */
import { request, type IncomingHttpHeaders } from 'node:http'
import { silentLog } from '../host/index.ts'
import type { Gate } from '../gate/index.ts'
import { createApp, type App } from './app.ts'
import { gateRoutes } from './gate.ts'
import type { GatePages } from './gate-why.ts'
import { anyone } from './route.ts'
import { listen } from './server.ts'

export interface Answer {
  readonly status: number
  /** As it stands in the status line. */
  readonly reason: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The connection was cut in the middle. */
  readonly isCut: boolean
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** For each part of the body. */
  readonly onPart?: () => void
}

export interface ServedGate {
  readonly base: string
  /** The path is sent as it is written. */
  ask(path: string, asked?: Asked): Promise<Answer>
  close(): Promise<void>
}

/** Those for people are tested where they are made. */
const PAGES: GatePages = {
  why: () => new Response('why', { headers: { 'Content-Type': 'text/html' } }),
  problem: ({ status }) => new Response('problem', { status, headers: { 'Content-Type': 'text/html' } }),
}

export async function serveGate(gate: Gate, around: (app: App) => App = (app) => app): Promise<ServedGate> {
  const hosts: string[] = []
  const app = createApp({
    hosts,
    log: silentLog,
    routes: [gateRoutes({ gates: [{ gate, readers: anyone }], pages: PAGES, log: silentLog })],
  })
  const server = await listen(around(app), { host: '127.0.0.1', port: 0 })
  const { port } = server
  hosts.push(`127.0.0.1:${port}`, 'gate.test')
  return {
    base: `http://127.0.0.1:${port}/gate/${gate.name}`,
    ask: (path, asked) => ask(port, path, asked),
    close: () => server.close(0),
  }
}

function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {}, onPart }: Asked = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = []
      const done = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? '',
          headers: response.headers,
          body: Buffer.concat(parts),
          isCut: !response.complete,
        })
      response.on('data', (part: Buffer) => {
        parts.push(part)
        onPart?.()
      })
      response.on('end', done)
      response.on('error', done)
    })
    sent.on('error', reject)
    sent.end()
  })
}
