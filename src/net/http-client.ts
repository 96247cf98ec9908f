import type { Agent as HttpAgent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import type { SecureContext } from 'node:tls'
import type { Files, Http } from '../base/index.ts'
import { tlsAuthorities } from './authorities.ts'
import { exchange, parseUrl } from './exchange.ts'
import { nodeHttp, nodeHttps } from './node-http.ts'
import { proxyFor, type Environment } from './proxies.ts'
import { publicReach, type Reach } from './public-address.ts'

export interface HttpOptions {
  /** For `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` (both cases) and `SSL_CERT_FILE`. */
  readonly env: Environment
  readonly files: Files
  /**
   * For addresses that somebody else chose: nothing of a private network or of this machine is asked. A proxy is, and
   * judges itself what it asks. Default `anywhere`.
   */
  readonly reach?: 'anywhere' | 'public' | Reach
  /** Of an answer, status line included; left out, what the runtime takes. */
  readonly maxHeaderBytes?: number
}

/**
 * The Http port over `node:http`: connections are kept for the next request, and idle ones do not keep a process
 * alive. Not the built-in `fetch`: its start costs a command more than the request does (and it follows redirects).
 */
export function createHttp({ env, files, reach = 'anywhere', maxHeaderBytes }: HttpOptions): Http {
  const limited = limitsOf(reach)
  const agents = agentCache(limited)
  const maxHeaderSize = maxHeaderBytes === undefined ? {} : { maxHeaderSize: maxHeaderBytes }
  let authorities: Promise<SecureContext | undefined> | undefined
  return {
    request: async (request) => {
      const url = parseUrl(request.url)
      const proxy = proxyFor(url, env)
      if (proxy === undefined) await limited?.requireHost(url.hostname)
      if (url.protocol === 'http:')
        return exchange(url, request, { agent: agents.plain(proxy), ...maxHeaderSize })
      authorities ??= tlsAuthorities(env, files)
      return exchange(url, request, { agent: agents.secure(proxy, await authorities), ...maxHeaderSize })
    },
  }
}

/**
 * Over a socket of this machine. Of a request's URL only path and query count: `http://socket/admin/projects`. No
 * connection is kept: one that the server closes while a request is sent would leave open whether that was carried out.
 */
export function createSocketHttp(socketPath: string): Http {
  return { request: (request) => exchange(parseUrl(request.url), request, { socketPath, agent: false }) }
}

function limitsOf(reach: NonNullable<HttpOptions['reach']>): Reach | undefined {
  if (reach === 'anywhere') return undefined
  return reach === 'public' ? publicReach : reach
}

interface AgentCache {
  plain(proxy: string | undefined): HttpAgent
  secure(proxy: string | undefined, authorities: SecureContext | undefined): HttpsAgent
}

/** One agent per proxy, so that connections through different proxies never mix. */
function agentCache(reach: Reach | undefined): AgentCache {
  const plain = new Map<string, HttpAgent>()
  const secure = new Map<string, HttpsAgent>()
  return {
    plain: (proxy) => cached(plain, proxy, () => new (nodeHttp().Agent)(agentOptions(proxy, reach))),
    secure: (proxy, authorities) =>
      cached(secure, proxy, () => {
        const trust = authorities === undefined ? {} : { secureContext: authorities }
        return new (nodeHttps().Agent)({ ...agentOptions(proxy, reach), ...trust })
      }),
  }
}

function cached<T>(agents: Map<string, T>, proxy: string | undefined, make: () => T): T {
  const key = proxy ?? ''
  const agent = agents.get(key) ?? make()
  agents.set(key, agent)
  return agent
}

/** Which hosts go through the proxy is decided in proxies.ts; Node's own exceptions are left empty. */
function agentOptions(proxy: string | undefined, reach: Reach | undefined): object {
  const direct = reach === undefined ? {} : { lookup: reach.lookup }
  return {
    keepAlive: true,
    ...(proxy === undefined ? direct : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: '' } }),
  }
}
