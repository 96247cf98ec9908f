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
  if (isSpecialHost(hostname)) throw notPublic(hostname, bareHost(hostname))
}

function isSpecialHost(hostname: string): boolean {
  const bare = bareHost(hostname)
  return isIP(bare) !== 0 && !isPublicAddress(bare)
}

function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function notPublic(hostname: string, address: string): Error {
  return netErrors(
    'net.not-public',
    `${hostname} is ${address}, an address of a private network or of this machine`,
  )
}

type Answer = (error: Error | null, addresses: string | dns.LookupAddress[], family?: number) => void

/** All addresses of a name, at least one. */
export type Resolve = (hostname: string, options: dns.LookupOptions) => Promise<readonly dns.LookupAddress[]>

/** Which hosts a client may ask. */
export interface Reach {
  /** Of a host that may be an address. Throws `net.not-public`. */
  readonly requireHost: (hostname: string) => Promise<void>
  /** In place of `dns.lookup` of a connection, which goes to exactly what was judged, whatever the name means next. */
  readonly lookup: (hostname: string, options: dns.LookupOptions, answer: Answer) => void
}

/** Nothing of a private network or of this machine. */
export const publicReach: Reach = {
  requireHost: async (hostname) => requirePublicHost(hostname),
  lookup: lookupPublic,
}

export function lookupPublic(hostname: string, options: dns.LookupOptions, answer: Answer): void {
  judgedLookup(hostname, options, {
    answer,
    find: async () => requirePublic(hostname, await resolveName(hostname, options)),
  })
}

/**
 * For a host that its user configured, and what that leads to: addresses of a private network or of this machine only
 * where the configured host has one itself when it is looked up first. A name that moves there later is refused.
 */
export function reachFrom(home: string, resolve: Resolve = resolveName): Reach {
  let judged: Promise<boolean> | undefined
  const isInside = (): Promise<boolean> => {
    judged ??= isSpecial(home, resolve).catch((error: unknown) => {
      judged = undefined
      throw error
    })
    return judged
  }
  const find = async (hostname: string, options: dns.LookupOptions): Promise<readonly dns.LookupAddress[]> =>
    (await isInside())
      ? resolve(hostname, options)
      : requirePublic(hostname, await resolve(hostname, options))
  return {
    requireHost: async (hostname) => {
      if (isSpecialHost(hostname) && !(await isInside().catch(() => false))) requirePublicHost(hostname)
    },
    lookup: (hostname, options, answer) =>
      judgedLookup(hostname, options, { answer, find: () => find(hostname, options) }),
  }
}

async function isSpecial(hostname: string, resolve: Resolve): Promise<boolean> {
  const bare = bareHost(hostname)
  if (isIP(bare) !== 0) return !isPublicAddress(bare)
  return (await resolve(bare, {})).some(({ address }) => !isPublicAddress(address))
}

function requirePublic(
  hostname: string,
  addresses: readonly dns.LookupAddress[],
): readonly dns.LookupAddress[] {
  const wrong = addresses.find(({ address }) => !isPublicAddress(address))
  if (wrong !== undefined) throw notPublic(hostname, wrong.address)
  return addresses
}

interface Judged {
  readonly answer: Answer
  readonly find: () => Promise<readonly dns.LookupAddress[]>
}

function judgedLookup(hostname: string, { all }: dns.LookupOptions, { answer, find }: Judged): void {
  const found = ([...addresses]: readonly dns.LookupAddress[]): void => {
    const [first] = addresses
    if (all === true) answer(null, addresses)
    else answer(null, first?.address ?? '', first?.family)
  }
  find().then(found, (error: unknown) =>
    answer(error instanceof Error ? error : new Error(`${hostname} has no address`), []),
  )
}

/** Not imported: commands that look no name up need not load it. */
function resolveName(hostname: string, options: dns.LookupOptions): Promise<readonly dns.LookupAddress[]> {
  const { lookup } = process.getBuiltinModule('node:dns')
  return new Promise((resolve, reject) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error === null) resolve(addresses)
      else reject(error)
    })
  })
}
