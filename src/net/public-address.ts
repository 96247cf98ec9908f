import type * as dns from 'node:dns'
import { BlockList, isIP } from 'node:net'
import { netErrors } from './errors.ts'

/** What is not reached from everywhere: IANA's special-purpose registries (RFC 6890), IPv4 written in IPv6 included. */
const SPECIAL: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
  ['::', 96],
  ['64:ff9b::', 95],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
]

function specialAddresses(): BlockList {
  const list = new BlockList()
  for (const [address, prefix] of SPECIAL)
    list.addSubnet(address, prefix, address.includes(':') ? 'ipv6' : 'ipv4')
  return list
}

const special = specialAddresses()

export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && !special.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** Throws `net.not-public` for a host that is an address of a private network or of this machine. */
export function requirePublicHost(hostname: string): void {
  const bare = hostname.replace(/^\[|\]$/g, '')
  if (isIP(bare) !== 0 && !isPublicAddress(bare)) throw notPublic(hostname, bare)
}

function notPublic(hostname: string, address: string): Error {
  return netErrors(
    'net.not-public',
    `${hostname} is ${address}, an address of a private network or of this machine`,
  )
}

type Answer = (error: Error | null, addresses: string | dns.LookupAddress[], family?: number) => void

/** In place of `dns.lookup` of a connection, which goes to exactly what was judged, whatever the name means next. */
export function lookupPublic(hostname: string, options: dns.LookupOptions, answer: Answer): void {
  // Not imported: commands that look no name up need not load it.
  const { lookup } = process.getBuiltinModule('node:dns')
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const wrong = addresses?.find(({ address }) => !isPublicAddress(address))
    const [first] = addresses ?? []
    if (error !== null) answer(error, [])
    else if (wrong !== undefined) answer(notPublic(hostname, wrong.address), [])
    else if (options.all === true) answer(null, addresses)
    else answer(null, first?.address ?? '', first?.family)
  })
}
