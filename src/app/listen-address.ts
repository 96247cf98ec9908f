import { appErrors } from './errors.ts'

export interface ListenAddress {
  /** As clients write it: a name, an IPv4 address, or an IPv6 address in brackets. */
  readonly host: string
  readonly port: number
}

export const DEFAULT_LISTEN = '127.0.0.1:7711'

const FORM = /^(?<host>\[[0-9a-f:]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?):(?<port>0|[1-9][0-9]{0,4})$/
const WILDCARDS = ['0.0.0.0', '[::]']

/** `HOST:PORT`; port 0 lets the system choose at the first start. Throws `app.listen-address`. */
export function parseListenAddress(text: string): ListenAddress {
  const { host, port } = FORM.exec(text.toLowerCase())?.groups ?? {}
  if (host === undefined || port === undefined || Number(port) > 65_535) {
    throw appErrors('app.listen-address', `'${text}' is not HOST:PORT`)
  }
  if (WILDCARDS.includes(host)) {
    throw appErrors(
      'app.listen-address',
      `'${text}' is an address to listen on, not one that a client can call`,
    )
  }
  return { host, port: Number(port) }
}

/** The external URL of a server at that address, in the one spelling that tokens and certificates use. */
export function externalUrl({ host, port }: ListenAddress): string {
  return new URL(`http://${host}:${port}`).origin
}

export function addressOf(url: string): ListenAddress {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: port === '' ? 80 : Number(port) }
}
