import type { Agent as HttpAgent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import type { SecureContext } from 'node:tls'
import type { Files, Http } from '../base/index.ts'
import { tlsAuthorities } from './authorities.ts'
import { exchange, parseUrl } from './exchange.ts'
import { nodeHttp, nodeHttps } from './node-http.ts'
import { proxyFor, type Environment } from './proxies.ts'

export interface HttpOptions {
  /** For `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` (both cases) and `SSL_CERT_FILE`. */
  readonly env: Environment
  readonly files: Files
}

/**
 * The Http port over `node:http`: connections are kept for the next request, and idle ones do not keep a process
 * alive. Not the built-in `fetch`: its start costs a command more than the request does (and it follows redirects).
 */
export function createHttp({ env, files }: HttpOptions): Http {
  const agents = agentCache()
  let authorities: Promise<SecureContext | undefined> | undefined
  return {
    request: async (request) => {
      const url = parseUrl(request.url)
      const proxy = proxyFor(url, env)
      if (url.protocol === 'http:') return exchange(url, request, { agent: agents.plain(proxy) })
      authorities ??= tlsAuthorities(env, files)
      return exchange(url, request, { agent: agents.secure(proxy, await authorities) })
    },
  }
}

/** Over a socket of this machine. Of a request's URL only path and query count: `http://socket/admin/projects`. */
export function createSocketHttp(socketPath: string): Http {
  return { request: (request) => exchange(parseUrl(request.url), request, { socketPath }) }
}

interface AgentCache {
  plain(proxy: string | undefined): HttpAgent
  secure(proxy: string | undefined, authorities: SecureContext | undefined): HttpsAgent
}

/** One agent per proxy, so that connections through different proxies never mix. */
function agentCache(): AgentCache {
  const plain = new Map<string, HttpAgent>()
  const secure = new Map<string, HttpsAgent>()
  return {
    plain: (proxy) => cached(plain, proxy, () => new (nodeHttp().Agent)(agentOptions(proxy))),
    secure: (proxy, authorities) =>
      cached(secure, proxy, () => {
        const trust = authorities === undefined ? {} : { secureContext: authorities }
        return new (nodeHttps().Agent)({ ...agentOptions(proxy), ...trust })
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
function agentOptions(proxy: string | undefined): object {
  return {
    keepAlive: true,
    ...(proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: '' } }),
  }
}
