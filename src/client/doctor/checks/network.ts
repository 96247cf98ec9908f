import type { WheelsealError } from '../../../base/index.ts'
import { proxyChoice, tlsAuthorities } from '../../../net/index.ts'
import { failed, ok, skipped, warning, type Check, type Finding } from '../check.ts'
import { serviceName, type Answer, type Service, type ServiceKind } from '../services.ts'
import { shownValue } from '../shown.ts'
import type { DoctorIo } from '../io.ts'

/** Which proxy stands between this machine and each service, and whether anything comes through it. */
export const proxiesCheck: Check = {
  name: 'proxies',
  effectOf: ['settings'],
  look: async ({ io: { env }, answers, services }) => {
    const asked = (await services().catch(() => [])).filter(({ url }) => URL.canParse(url))
    if (!hasProxy(env)) return [ok('no proxy is set')]
    const routes = asked.map((service) => routeOf(service, env))
    const details = routes.map((route) => routeLine(route))
    const used = routes.filter(({ proxy }) => proxy !== undefined)
    if (used.length === 0) return [ok('no configured service is asked through a proxy', details)]
    const blocked = (await answers()).flatMap((answer) => {
      const route = used.find(({ service }) => service === answer.service)
      const obstacle = route === undefined ? undefined : obstacleOf(answer)
      return obstacle === undefined ? [] : [{ ...route, answer, obstacle }]
    })
    const [first] = blocked
    if (first === undefined)
      return [ok('every service answers through the proxy that is set for it', details)]
    const hosts = [...new Set(blocked.map(({ answer }) => new URL(answer.service.url).hostname))]
    return [
      failed({
        fact: `the proxy ${shownValue(first.proxy ?? '')} (${first.variable}) does not let requests to ${hosts.join(', ')} through`,
        reason: first.obstacle,
        next: `export NO_PROXY=${hosts.join(',')} if these hosts are reached directly; otherwise have the proxy allow them, or correct ${first.variable}`,
        details,
      }),
    ]
  },
}

const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']

function hasProxy(env: DoctorIo['env']): boolean {
  return PROXY_VARIABLES.some((name) => env[name])
}

interface Route {
  readonly service: Service
  readonly proxy: string | undefined
  readonly variable: string | undefined
}

function routeOf(service: Service, env: DoctorIo['env']): Route {
  return { service, ...proxyChoice(new URL(service.url), env) }
}

function routeLine({ service: { kind, url }, proxy, variable }: Route): string {
  const { host } = new URL(url)
  if (proxy !== undefined) return `${serviceName(kind)}, ${host}: through ${shownValue(proxy)} (${variable})`
  return `${serviceName(kind)}, ${host}: directly${variable === undefined ? '' : ` (${variable})`}`
}

/** What is no answer of the service itself. */
function obstacleOf({ service, reply }: Answer): string | undefined {
  if ('error' in reply) return reply.error.code === 'net.proxy' ? undefined : reply.error.message
  const { status, headers } = reply
  const isForeign = EXPECTS_JSON.has(service.kind)
    ? status !== 404 && !isJson(headers)
    : PROXY_STATUSES.has(status)
  if (status !== 407 && !isForeign) return undefined
  const type = shownValue(headers['content-type'] ?? 'no content type')
  return `it answers ${status} with ${type} in place of ${serviceName(service.kind)}`
}

const EXPECTS_JSON: ReadonlySet<ServiceKind> = new Set(['fulcio', 'rekor', 'registry'])
const PROXY_STATUSES: ReadonlySet<number> = new Set([403, 502, 503, 504])

function isJson(headers: Readonly<Record<string, string>>): boolean {
  return /^application\/(?:[\w.+-]*\+)?json\b/.test(headers['content-type'] ?? '')
}

/** The file of a private network's own certificate authorities. */
export const authoritiesCheck: Check = {
  name: 'authorities',
  effectOf: [],
  look: async ({ io: { env, files } }) => {
    const path = env['SSL_CERT_FILE']
    if (!path) return [ok('TLS servers are trusted by the certificate authorities of Node')]
    await tlsAuthorities(env, files)
    return [ok(`TLS servers are also trusted by ${shownValue(path)} (SSL_CERT_FILE)`)]
  },
}

export const servicesCheck: Check = {
  name: 'services',
  effectOf: ['settings', 'proxies', 'authorities', 'clock'],
  look: async ({ answers }) => {
    const findings = (await answers()).map((answer) => reachOf(answer))
    return findings.length > 0
      ? findings
      : [
          skipped(
            'no service is configured',
            'set WHEELSEAL_SIGNING_CONFIG, or WHEELSEAL_FULCIO_URL and WHEELSEAL_REKOR_URL, to sign',
          ),
        ]
  },
}

function reachOf(answer: Answer): Finding {
  const { service, asked, reply } = answer
  const name = `${serviceName(service.kind)} ${shownValue(service.url)}`
  if ('error' in reply) return unreachable(name, answer, reply.error)
  if (isItself(service.kind, reply.status, reply.headers)) return ok(`${name} answers`)
  const problem = {
    fact: `${name} is reached, and answers ${reply.status} to ${shownValue(asked)}`,
    reason: reply.status >= 500 ? 'the service is not in order' : 'this is not the address of such a service',
    next: `correct the URL (${service.from}): every part of it counts, also the path`,
  }
  return reply.status >= 500
    ? failed({
        ...problem,
        next: 'look at the log of the service, or ask its operator; then run wheelseal doctor again',
      })
    : failed(problem)
}

function unreachable(name: string, { service }: Answer, error: WheelsealError): Finding {
  const { message, hint, cause } = error
  const problem = {
    fact: `${name} does not answer: ${message}`,
    next: hint,
    reason: reasonOf(cause, service),
  }
  // Signing goes on without them.
  return service.kind === 'tsa' ? warning(problem) : failed(problem)
}

function reasonOf(cause: unknown, { from }: Service): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED')
    return 'its TLS certificate is not valid at the time that this machine believes it is'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the name server does not know this host (${from})`
  if (code === 'ECONNREFUSED') return `no program listens there (${from})`
  return `the address is from ${from}`
}

/** Registries and TUF repositories of others may want a login, or have their documents elsewhere. */
function isItself(kind: ServiceKind, status: number, headers: Readonly<Record<string, string>>): boolean {
  if (kind === 'registry') return status < 500 && status !== 404 && status !== 407 && isJson(headers)
  if (kind === 'tsa') return status < 500 && status !== 407
  if (kind === 'tuf') return status === 200
  return status === 200 && isJson(headers)
}
