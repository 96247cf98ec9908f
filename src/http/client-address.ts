import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'

/** The proxies of the configuration: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`. Undefined for a text that is none of these. */
export function proxyList(texts: readonly string[]): BlockList | undefined {
  const list = new BlockList()
  for (const text of texts) {
    const [, address = '', prefix] = /^([0-9A-Fa-f.:]+)(?:\/([0-9]{1,3}))?$/.exec(text) ?? []
    if (isIP(address) === 0) return undefined
    const bits = prefix === undefined ? maxBits(address) : Number(prefix)
    if (bits > maxBits(address)) return undefined
    list.addSubnet(address, bits, familyOf(address))
  }
  return list
}

/** More hops than any chain of proxies has; an enemy writes the header as long as he likes. */
const MAX_HOPS = 16

/**
 * Who sent a request. The nearest address is the peer of the connection; each proxy of the configuration is believed
 * one hop: the last entry of `X-Forwarded-For` is what the nearest proxy saw. The first address that is no such proxy
 * is the client, and what stands before it in the header is the client's own word, which nobody believes.
 */
export function clientAddress(peer: string, forwardedFor: string, proxies: BlockList): string {
  let client = plainAddress(peer)
  const hops = forwardedFor.split(',').slice(-MAX_HOPS)
  while (isProxy(client, proxies)) {
    const hop = withoutPort(hops.pop()?.trim() ?? '')
    if (isIP(hop) === 0) return client
    client = plainAddress(hop)
  }
  return client
}

export function isProxy(address: string, proxies: BlockList): boolean {
  const plain = plainAddress(address)
  return isIP(plain) !== 0 && proxies.check(plain, familyOf(plain))
}

/** Whom an address stands for: itself; of IPv6 its /64, which is what one customer has at least. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}

/** An IPv4 address that came over an IPv6 socket is the same address. */
export function plainAddress(address: string): string {
  return address.startsWith(':') ? address.replace(/^::ffff:(?=[0-9.]+$)/i, '') : address
}

/** Some proxies write the port of the client, and then IPv6 in brackets. */
function withoutPort(hop: string): string {
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5})$/.exec(hop) ?? []
  return bracketed ?? dotted ?? hop
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6'
}

function maxBits(address: string): number {
  return isIPv4(address) ? 32 : 128
}
