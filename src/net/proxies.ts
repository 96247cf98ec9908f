import { BlockList, isIP } from 'node:net'
import { netErrors } from './errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The proxy for a URL, by the rules that Go's clients (cosign, gitlab-runner) follow: `HTTPS_PROXY` or `HTTP_PROXY` by
 * scheme, upper case before lower; hosts of `NO_PROXY` and this machine itself are asked directly. Throws `net.proxy`.
 */
export function proxyFor(url: URL, env: Environment): string | undefined {
  return proxyChoice(url, env).proxy
}

export interface ProxyChoice {
  /** Its URL, which may have a password in it; undefined: the host is asked directly. */
  readonly proxy: string | undefined
  /** The variable that decided, as it is set: also `NO_PROXY` where it excepts the host. */
  readonly variable: string | undefined
}

/** The same, and which variable it was. Throws `net.proxy`. */
export function proxyChoice(url: URL, env: Environment): ProxyChoice {
  const variable = setName(env, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
  if (variable === undefined || isLoopback(hostOf(url))) return { proxy: undefined, variable: undefined }
  const exceptions = setName(env, 'NO_PROXY')
  if (exceptions !== undefined && isExcepted(url, env[exceptions] ?? ''))
    return { proxy: undefined, variable: exceptions }
  return { proxy: proxyUrl(env[variable] ?? ''), variable }
}

function setName(env: Environment, name: string): string | undefined {
  return [name, name.toLowerCase()].find((one) => env[one])
}

/** The error never shows the value: it may hold a password. */
function proxyUrl(value: string): string {
  const text = value.includes('://') ? value : `http://${value}`
  const protocol = URL.canParse(text) ? new URL(text).protocol : undefined
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw netErrors(
      'net.proxy',
      `a proxy variable has ${protocol === undefined ? 'a value that is not a URL' : `the scheme ${protocol}`}`,
    )
  }
  return text
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** `*`, `example.com` and `.example.com`, `10.0.0.0/8`, an address; each also with `:port`. */
function isExcepted(url: URL, list: string): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .some((item) => item !== '' && matches(item, hostOf(url), port))
}

function matches(item: string, host: string, port: string): boolean {
  if (item === '*') return true
  if (item.includes('/')) return isInNetwork(host, item)
  const [, name = item, itemPort] = /^\[?(.*?)\]?:(\d+)$/.exec(isIP(item) === 6 ? `[${item}]` : item) ?? []
  if (itemPort !== undefined && itemPort !== port) return false
  const plain = name.replace(/^\[|\]$/g, '').replace(/^\*?\./, '')
  return host === plain || (isIP(host) === 0 && host.endsWith(`.${plain}`))
}

function isInNetwork(host: string, network: string): boolean {
  const [address = '', bits = ''] = network.split('/')
  const family = isIP(address)
  const length = Number(bits)
  if (family === 0 || family !== isIP(host) || !/^\d{1,3}$/.test(bits)) return false
  if (length > (family === 4 ? 32 : 128)) return false
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(address, length, kind)
  return list.check(host, kind)
}
