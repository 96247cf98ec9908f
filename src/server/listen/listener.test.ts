import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLog, systemClock } from '../../host/index.ts'
import { createApp, healthRoutes } from '../../http/index.ts'
import { writeTlsFiles } from './arrange.ts'
import { maxConnections, openListener, type Listener } from './listener.ts'
import { startServer, type RunningServer, type ServerOptions } from '../server.ts'

let root: string
let undo: (() => Promise<void>)[]
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-listener-'))
  undo = []
})
afterEach(async () => {
  for (const step of undo.toReversed()) await step()
  await rm(root, { recursive: true })
})

async function start(options: Partial<ServerOptions>): Promise<RunningServer> {
  const server = await startServer({ data: join(root, 'data'), log: silentLog, ...options })
  undo.push(() => server.close())
  return server
}

async function anyListener(): Promise<Listener> {
  const opened = await openListener(undefined, { listen: '127.0.0.1:0', clock: systemClock, log: silentLog })
  undo.push(() => opened.listening.close(0))
  return opened
}

interface Ask {
  readonly port: number
  readonly host?: string
  readonly path?: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly secure?: boolean
}

interface Answer {
  readonly status: number
  readonly reason: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Common name of the server's certificate. */
  readonly name: string | undefined
}

/** node:http and not fetch, which would not let the host be chosen. */
function ask({ port, host, secure = false, ...options }: Ask): Promise<Answer> {
  const headers = { ...options.headers, ...(host === undefined ? {} : { host }) }
  const whole = { ...options, hostname: '127.0.0.1', port, headers }
  const insecure = { agent: new Agent({ rejectUnauthorized: false, maxCachedSessions: 0 }) }
  return new Promise((resolve, reject) => {
    const call = secure ? httpsRequest({ ...whole, ...insecure }) : httpRequest(whole)
    call.on('error', reject).on('response', (response) => {
      const { socket } = response
      const name = socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : undefined
      let body = ''
      response.on('data', (part: Buffer) => (body += part.toString()))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? '',
          headers: response.headers,
          body,
          name: [name].flat()[0],
        }),
      )
    })
    call.end()
  })
}

const portOf = (url: string): number => Number(new URL(url).port)

describe('a listener', () => {
  it('answers 503, and when to ask again, until it is opened', async () => {
    const opened = await anyListener()
    const { address } = opened
    const early = await ask({ port: address.port, path: '/readyz' })
    expect(early).toMatchObject({
      status: 503,
      reason: 'the server is starting; try again in a second',
      headers: { 'retry-after': '1' },
    })
    expect(JSON.parse(early.body)).toMatchObject({ ready: false, reasons: ['starting'] })
    const hosts = [`127.0.0.1:${address.port}`]
    opened.open(createApp({ hosts, log: silentLog, routes: [healthRoutes(() => [])] }))
    expect((await ask({ port: address.port, path: '/readyz' })).status).toBe(200)
  })
})

describe('the number of connections', () => {
  it('leaves each a descriptor for a file, and some for everything else', () => {
    expect([128, 1024, 1_000_000, undefined].map((limit) => maxConnections(limit))).toEqual([
      32, 480, 1000, 1000,
    ])
    expect(maxConnections(20)).toBe(1)
  })
})

describe('the external URL', () => {
  const externalUrl = 'https://seal.example'

  it('is the identity, wherever the server listens, and is kept', async () => {
    const server = await start({ externalUrl, listen: '0.0.0.0:0' })
    expect(server.url).toBe(externalUrl)
    expect(server.services.issuer.discovery()).toMatchObject({ issuer: externalUrl })
    expect((await server.services.trust.rekor.info()).checkpoint).toMatch(/^seal\.example - /)
    await server.close()
    const again = await start({ listen: '127.0.0.1:0' })
    expect(again.url).toBe(externalUrl)
    await again.close()
    await expect(start({ externalUrl: 'https://other.example' })).rejects.toMatchObject({
      code: 'server.url-fixed',
    })
  })

  it('and the names given are all that is answered; another one gets 421', async () => {
    const probe = await anyListener()
    const { port } = probe.address
    await probe.listening.close(0)
    await start({ externalUrl, listen: `127.0.0.1:${port}`, hosts: ['seal.internal', 'probe:1'] })
    const status = async (host: string): Promise<number> =>
      (await ask({ port, host, path: '/healthz' })).status
    for (const host of [
      'seal.example',
      'SEAL.example:443',
      'seal.internal',
      `seal.internal:${port}`,
      'probe:1',
    ])
      expect(await status(host), host).toBe(200)
    for (const host of [
      `127.0.0.1:${port}`,
      'seal.example:80',
      'evil.example',
      'probe',
      'x.seal.example',
      '',
    ])
      expect(await status(host), host).toBe(421)
    const target = async (authority: string, host = 'seal.example'): Promise<number> =>
      (await ask({ port, host, path: `http://${authority}/healthz` })).status
    expect(await target('SEAL.example')).toBe(200)
    for (const authority of [
      'evil.example',
      'seal.example@evil.example',
      'seal.example:80',
      'evil.example:443',
    ])
      expect(await target(authority), authority).toBe(421)
    expect(await target('seal.example', 'evil.example')).toBe(421)
  })
})

describe('TLS', () => {
  it('makes the URL https, and a new certificate serves new connections', async () => {
    const tls = await writeTlsFiles(root, 'first')
    const other = await writeTlsFiles(root, 'second')
    const server = await start({ listen: '127.0.0.1:0', tls })
    expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    const secure = { port: portOf(server.url), path: '/readyz', secure: true }
    expect(await ask(secure)).toMatchObject({ status: 200, name: 'first' })
    await copyFile(other.cert, tls.cert)
    await server.reload()
    expect(await ask(secure), 'the key does not belong to it').toMatchObject({ name: 'first' })
    await copyFile(other.key, tls.key)
    await server.reload()
    expect(await ask(secure)).toMatchObject({ status: 200, name: 'second' })
  })

  it('is not left out later by mistake', async () => {
    const tls = await writeTlsFiles(root, 'first')
    await (await start({ listen: '127.0.0.1:0', tls })).close()
    await expect(start({})).rejects.toMatchObject({ code: 'server.url-fixed' })
  })

  it('with files that are not good refuses the start before anything is made', async () => {
    const tls = await writeTlsFiles(root, 'old', { fromDays: -3, untilDays: -1 })
    await expect(start({ listen: '127.0.0.1:0', tls })).rejects.toMatchObject({
      code: 'server.tls-certificate',
    })
    await (await start({ listen: '127.0.0.1:0' })).close()
  })
})

it('nothing lets pages of other origins read an answer', async () => {
  const { url } = await start({ listen: '127.0.0.1:0' })
  const port = portOf(url)
  const headers = {
    origin: 'https://evil.example',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization',
  }
  for (const method of ['GET', 'OPTIONS', 'POST'])
    for (const path of [
      '/readyz',
      '/api/v1/log',
      '/tuf/root.json',
      '/api/v4/projects/1/packages/pypi/simple',
      '/x',
    ]) {
      const answer = await ask({ port, path, method, headers })
      const cors = Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))
      expect(cors, `${method} ${path}`).toEqual([])
    }
})
