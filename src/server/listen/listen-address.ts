import type { Instance } from '../data/data-directory.ts'
import { serverErrors } from '../errors.ts'

export interface ListenAddress {
  /** A name, an IPv4 address, or an IPv6 address in brackets. */
  readonly host: string
  readonly port: number
}

export const DEFAULT_LISTEN = '127.0.0.1:7711'

const HOST = String.raw`(?<host>\[[0-9a-f:]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)`
const FORM = new RegExp(`^${HOST}:(?<port>0|[1-9][0-9]{0,4})$`)
const NAME_FORM = new RegExp(`^${HOST}(:(?<port>[1-9][0-9]{0,4}))?$`)
const WILDCARDS = ['0.0.0.0', '[::]']
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/

/** `HOST:PORT`; port 0 lets the system choose. Throws `server.listen-address`. */
export function parseListenAddress(text: string): ListenAddress {
  const { host, port } = FORM.exec(text.toLowerCase())?.groups ?? {}
  if (host === undefined || port === undefined || Number(port) > 65_535) {
    throw serverErrors('server.listen-address', `'${text}' is not HOST:PORT`)
  }
  return { host, port: Number(port) }
}

/**
 * `https://HOST`, with a port where it is another than 443; `http://` only for this machine itself, since tokens would
 * travel readable otherwise. A slash at the end is taken away: it is what a browser shows. Throws `server.external-url`.
 */
export function parseExternalUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const refuse = (why: string) => serverErrors('server.external-url', `'${shownUrl(text)}' ${why}`)
  if (url === undefined) throw refuse('is not a URL')
  if (text.toLowerCase().replace(/\/$/, '') !== url.origin) throw refuse('has more than scheme and host')
  if (!NAME_FORM.test(url.host)) throw refuse('has no host that clients can connect to')
  if (WILDCARDS.includes(url.hostname)) throw refuse('is a wildcard address, which clients cannot connect to')
  if (!isPrivate(url)) throw refuse('must be https://, or http:// on 127.0.0.1, [::1] or localhost')
  return url.origin
}

/** The origin of a server that is asked, in either scheme. Throws `server.external-url`. */
export function parseServerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin
  throw serverErrors('server.external-url', `'${shownUrl(text)}' is not the URL of a server`, {
    hint: 'write it as https://seal.example, without a path',
  })
}

/** Whatever a user wrote, without a password that may stand in it. */
function shownUrl(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//…@').slice(0, 200)
}

function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname)
}

export interface Asked {
  readonly listen?: string | undefined
  readonly externalUrl?: string | undefined
  readonly isTls: boolean
}

export interface Place {
  readonly listen: ListenAddress
  /** Undefined where it follows from the port that is bound. */
  readonly url: string | undefined
}

/**
 * Where to listen and under which URL. The first start fixes the URL; where it was given for itself, or is given again,
 * the server may listen anywhere, since something else brings clients there. Throws `server.listen-address`,
 * `server.external-url`, `server.url-fixed`.
 */
export function choosePlace(instance: Instance | undefined, asked: Asked): Place {
  const url = asked.externalUrl === undefined ? undefined : parseExternalUrl(asked.externalUrl)
  if (instance === undefined)
    return firstPlace(parseListenAddress(asked.listen ?? DEFAULT_LISTEN), url, asked)
  if (url !== undefined && url !== instance.url)
    throw serverErrors(
      'server.url-fixed',
      `--external-url is ${url}, but this data directory has ${instance.url}`,
    )
  const isFree = url !== undefined || instance.listen !== undefined
  return isFree ? freePlace(instance, asked) : fixedPlace(instance, asked)
}

function firstPlace(listen: ListenAddress, url: string | undefined, { isTls }: Asked): Place {
  if (url !== undefined) return { listen, url }
  const shown = addressText(listen)
  if (WILDCARDS.includes(listen.host))
    throw serverErrors(
      'server.listen-address',
      `'${shown}' is a wildcard address, which clients cannot connect to`,
      { hint: 'give the URL that clients use with --external-url' },
    )
  if (!isTls && !isLoopback(listen.host))
    throw serverErrors('server.listen-address', `tokens sent to '${shown}' would not be encrypted`, {
      hint: 'give --tls-cert and --tls-key, or the https:// URL of a proxy with --external-url',
    })
  return { listen, url: undefined }
}

function freePlace({ url, listen }: Instance, asked: Asked): Place {
  const text = asked.listen ?? listen
  return { listen: text === undefined ? addressOf(url) : parseListenAddress(text), url }
}

function fixedPlace({ url }: Instance, { listen, isTls }: Asked): Place {
  const fixed = addressOf(url)
  const asked = listen === undefined ? fixed : parseListenAddress(listen)
  // Port 0 was chosen at the first start and stays chosen.
  const meant = urlOf(asked.port === 0 ? { ...asked, port: fixed.port } : asked, { isTls })
  if (meant === url) return { listen: fixed, url }
  throw serverErrors('server.url-fixed', `the URL would be ${meant}, but this data directory has ${url}`)
}

/** The URL of a server at that address, in the one spelling that tokens and certificates use. */
export function urlOf({ host, port }: ListenAddress, { isTls }: Pick<Asked, 'isTls'>): string {
  return new URL(`${isTls ? 'https' : 'http'}://${host}:${port}`).origin
}

export function addressText({ host, port }: ListenAddress): string {
  return `${host}:${port}`
}

export function addressOf(url: string): ListenAddress {
  const { hostname, port, protocol } = new URL(url)
  const standard = protocol === 'https:' ? 443 : 80
  return { host: hostname, port: port === '' ? standard : Number(port) }
}

/**
 * What a Host header may say: the host of the URL, also with the standard port written out, and the extra names, which
 * without a port stand for the port that is listened on and for none. Throws `server.host`.
 */
export function hostNames(url: string, extra: readonly string[], port: number): readonly string[] {
  const { host } = new URL(url)
  const address = addressOf(url)
  return [host, addressText(address), ...extra.flatMap((name) => namesOf(name, port))]
}

function namesOf(text: string, port: number): readonly string[] {
  const { host, port: own } = NAME_FORM.exec(text.toLowerCase())?.groups ?? {}
  if (host === undefined || Number(own ?? 0) > 65_535)
    throw serverErrors('server.host', `'${text.slice(0, 200)}' is neither NAME nor NAME:PORT`)
  return own === undefined ? [host, `${host}:${port}`] : [`${host}:${own}`]
}
