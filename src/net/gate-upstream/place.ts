import type { Secret } from '../../base/index.ts'
import { netErrors } from '../errors.ts'
import { parseUrl } from '../exchange.ts'

/** One upstream of a gate, as it is configured. */
export interface GateUpstreamConfig {
  readonly name: string
  /** Of the index: `https://HOST/simple/`; http only on this machine. */
  readonly url: string
  /** Hosts beside that of `url` which its files, seals and redirects may lead to: `files.example`, `files.example:8443`. */
  readonly files: readonly string[]
  readonly seals: 'provenance' | 'generic' | 'beside' | 'none'
  /**
   * Where a PEP 740 provenance object is, for indexes whose pages never tell: with `{name}` (normalised), `{version}`
   * (PEP 440's normal form) and `{file}` in its path.
   */
  readonly provenanceUrl?: string
  /** Sent to the origin of `url` only. */
  readonly login?: { readonly username: string; readonly password: Secret }
}

export interface Place {
  /** Ends with a slash. */
  readonly index: URL
  /** `HOST`, or `HOST:PORT` where it is not the scheme's own. */
  readonly hosts: ReadonlySet<string>
  readonly login: GateUpstreamConfig['login']
  readonly urlBytes: number
}

/** Throws `net.url` for a configuration that could never be asked. */
export function placeOf({ url, files, login }: GateUpstreamConfig, urlBytes: number): Place {
  const index = parseUrl(url)
  if (index.search !== '' || index.hash !== '')
    throw netErrors('net.url', `the URL of the index ${shownUrl(index)} has a query or a fragment`)
  if (index.protocol !== 'https:' && !isLoopback(index))
    throw netErrors('net.url', `the index ${shownUrl(index)} is not https`, {
      hint: 'use the https:// URL of the index; http is taken for an index on this machine only',
    })
  if (!index.pathname.endsWith('/')) index.pathname += '/'
  return { index, hosts: new Set([index.host, ...files.map(hostOf)]), login, urlBytes }
}

const HOST = /^[^\s/?#@\\]+$/

function hostOf(text: string): string {
  if (HOST.test(text) && URL.canParse(`https://${text}/`)) return new URL(`https://${text}/`).host
  throw netErrors('net.url', `${text} is not a host`, { hint: 'write files.example or files.example:8443' })
}

/**
 * A URL that somebody else wrote, as one that may be asked: https (http between places of this machine), a host of the
 * upstream, short, without fragment. Throws `net.url`, `net.other-host`.
 */
export function allowedUrl(text: string, { index, hosts, urlBytes }: Place): URL {
  const url = parseUrl(text)
  url.hash = ''
  if (Buffer.byteLength(url.href) > urlBytes)
    throw netErrors('net.url', `a URL at ${url.host} has more than ${urlBytes} bytes`)
  const isLocal = index.protocol === 'http:' && isLoopback(url)
  if (url.protocol !== 'https:' && !isLocal)
    throw netErrors(
      'net.other-host',
      `the index at ${index.host} leads to ${shownUrl(url)}, which is not https`,
    )
  if (hosts.has(url.host)) return url
  const fact = `the index at ${index.host} leads to ${shownUrl(url)}, a different host`
  throw netErrors('net.other-host', fact, {
    hint: `if the host belongs to the index, add "${url.host}" to files of the upstream`,
  })
}

/** For what is on the origin of the index, and for nothing else. */
export function loginOf(url: URL, { index, login }: Place): Readonly<Record<string, string>> {
  if (login === undefined || url.origin !== index.origin) return {}
  const pair = Buffer.from(`${login.username}:${login.password.reveal()}`).toString('base64')
  return { authorization: `Basic ${pair}` }
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

/** Never the query: tokens stand in some. */
export function shownUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname}`
}
