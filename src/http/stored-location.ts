import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import type { BlockList } from 'node:net'
import { isProxy } from './client-address.ts'
import { peerOf } from './request-log.ts'

/** How nginx in front of this server sends stored files itself. */
export interface StoredLocation {
  /** Of its internal location for the folder `blobs`; begins and ends with a slash. */
  readonly location: string
  readonly proxies: BlockList
}

const locations = new WeakMap<Context, string>()

/** Only a proxy of the configuration understands such an answer; who comes past it gets the bytes. */
export function storedElsewhere({
  location,
  proxies,
}: StoredLocation): MiddlewareHandler<{ Bindings: HttpBindings }> {
  return async (context, next) => {
    if (isProxy(peerOf(context), proxies)) locations.set(context, location)
    await next()
  }
}

/** Of the bytes with that digest, for the header X-Accel-Redirect; undefined where this server sends them. */
export function storedLocation(context: Context, sha256: string): string | undefined {
  const location = locations.get(context)
  return location && `${location}sha256/${sha256.slice(0, 2)}/${sha256.slice(2)}`
}
