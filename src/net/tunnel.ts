import type { ClientRequest, IncomingMessage } from 'node:http'
import { connect as connectSocket, type Socket } from 'node:net'
import { describeError } from '../base/index.ts'
import { netErrors } from './errors.ts'
import { nodeHttp, nodeHttps } from './node-http.ts'
import { proxyFor, type Environment } from './proxies.ts'
import { lookupPublic, requirePublicHost } from './public-address.ts'

export interface TunnelOptions {
  /** For `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, both cases. */
  readonly env: Environment
  /** Hosts that the user named, which may be on a private network or on this machine; all others may not. */
  readonly configured: readonly string[]
}

export type OpenTunnel = (host: string, port: number, signal: AbortSignal) => Promise<Socket>

/**
 * Connections whose bytes are somebody else's: to the host itself, whose address is looked up here and judged, or by
 * CONNECT (RFC 9110 §9.3.6) through the proxy that this machine uses for it. Rejects with `net.unreachable`,
 * `net.not-public`, `net.proxy`.
 */
export function createTunnels({ env, configured }: TunnelOptions): OpenTunnel {
  return async (host, port, signal) => {
    const url = new URL(`${port === 80 ? 'http' : 'https'}://${host}:${port}`)
    const proxy = proxyFor(url, env)
    try {
      signal.throwIfAborted()
      if (proxy !== undefined) return await throughProxy(new URL(proxy), { host, port, signal })
      return await connected(directly(host, port, configured.includes(host)), signal)
    } catch (error) {
      if (error instanceof Error && 'hint' in error) throw error
      throw netErrors('net.unreachable', `${host}:${port}: ${describeError(error)}`, { cause: error })
    }
  }
}

function directly(host: string, port: number, isConfigured: boolean): Socket {
  const order = { host, port, allowHalfOpen: true }
  if (isConfigured) return connectSocket(order)
  // An address is not looked up, and so nothing else would judge it.
  requirePublicHost(host)
  return connectSocket({ ...order, lookup: lookupPublic })
}

function connected(socket: Socket, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const give = (): void => {
      signal.removeEventListener('abort', stop)
      socket.off('error', fail)
      resolve(socket)
    }
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', stop)
      socket.destroy()
      reject(error)
    }
    const stop = (): void => fail(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    socket.once('connect', give).once('error', fail)
  })
}

interface Destination {
  readonly host: string
  readonly port: number
  readonly signal: AbortSignal
}

function throughProxy(proxy: URL, { host, port, signal }: Destination): Promise<Socket> {
  const request = (proxy.protocol === 'https:' ? nodeHttps() : nodeHttp()).request({
    method: 'CONNECT',
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    path: `${host}:${port}`,
    headers: { host: `${host}:${port}`, ...credentialsOf(proxy) },
    agent: false,
    signal,
  })
  return answered(request)
}

function credentialsOf({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

function answered(request: ClientRequest): Promise<Socket> {
  return new Promise((resolve, reject) => {
    request.once('error', reject)
    request.once('response', (response: IncomingMessage) => {
      response.destroy()
      reject(new Error(`the proxy answered ${response.statusCode}`))
    })
    request.once('connect', (response: IncomingMessage, socket: Socket, head: Buffer) => {
      if (response.statusCode !== 200) {
        socket.destroy()
        reject(new Error(`the proxy answered ${response.statusCode}`))
        return
      }
      socket.allowHalfOpen = true
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    request.end()
  })
}
