export interface Hosts {
  /** `host` or `host:port` as clients write them in the Host header. */
  readonly hosts: readonly string[]
}

/**
 * Whether a request is for this server: by the Host header, and by the target, which counts before it where it names a
 * host (RFC 9112 §3.2.2). Proxies go by either.
 */
export function ownHosts(hosts: readonly string[], header = '', target = ''): boolean {
  const named = target.startsWith('/') ? undefined : /^https?:\/\/([^/?#]*)/i.exec(target)?.[1]
  return hosts.includes(header.toLowerCase()) && (named === undefined || hosts.includes(named.toLowerCase()))
}
