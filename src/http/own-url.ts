import type { Context } from 'hono'
import type { TLSSocket } from 'node:tls'
import type { Bindings } from './route.ts'

/**
 * Where this server is for who asked, without a slash at the end. For answers whose clients take whole URLs only; pages
 * link relatively. The host is one that the server answers to; behind a proxy only the external URL tells the scheme.
 */
export function ownUrl(context: Context<Bindings>, externalUrl: string): string {
  const host = context.req.header('host') ?? ''
  const external = new URL(externalUrl)
  if (host === '' || host.toLowerCase() === external.host) return externalUrl
  const { encrypted } = context.env.incoming.socket as Partial<TLSSocket>
  return `${encrypted === true ? 'https' : 'http'}://${host}`
}
