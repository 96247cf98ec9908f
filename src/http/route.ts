import type { HttpBindings } from '@hono/node-server'
import type { Context, Hono } from 'hono'
import { findTargetHandler, isMiddleware } from 'hono/utils/handler'
import type { Action } from '../access/index.ts'

export type Bindings = { Bindings: HttpBindings }

/** As docs/reference/http-api.md explains them. */
export type RightName =
  | 'anyone'
  | 'id token'
  | 'runner token'
  | 'job token'
  | 'own job token'
  | 'personal token'
  | 'any personal token'
  | 'visitor'
  | 'session'
  | 'read_metrics'
  | 'gate reader'
  | 'admin socket'
  | Action

/** What a request must bring to a route. */
export interface Right<Found> {
  readonly name: RightName
  /**
   * What it found goes to the handler. Throws for who does not have the right, before the handler runs; and before the
   * body is read, where the client did not put the right into the body.
   */
  admit(context: Context<Bindings>): Found | Promise<Found>
}

/** Public by its protocol: whoever gets the answer can check it, or is to be seen by everyone. */
export const anyone: Right<undefined> = { name: 'anyone', admit: () => undefined }

/** Whoever opens the owner-only socket may do everything; `createApp` refuses to serve such a route on the port. */
export const adminSocket: Right<undefined> = { name: 'admin socket', admit: () => undefined }

type Declare = <Path extends string, Found>(
  path: Path,
  needs: Right<Found>,
  handler: (context: Context<Bindings, Path>, found: Found) => Response | Promise<Response>,
) => void

/** A route of each method, with the right that it needs; GET answers HEAD too. */
export type Routes = Readonly<Record<'get' | 'post' | 'put' | 'patch' | 'delete', Declare>>

const declared = new WeakMap<object, RightName>()

/** How routes are added to an app: each with the right it needs, which is checked before its handler runs. */
export function routesOn(app: Hono<Bindings>): Routes {
  const method =
    (name: string): Declare =>
    (path, needs, handler) => {
      const guarded = async (context: Context<Bindings, typeof path>): Promise<Response> =>
        handler(context, await needs.admit(context))
      declared.set(guarded, needs.name)
      app.on(name, [path], guarded)
    }
  return {
    get: method('GET'),
    post: method('POST'),
    put: method('PUT'),
    patch: method('PATCH'),
    delete: method('DELETE'),
  }
}

export interface DeclaredRoute {
  readonly method: string
  readonly path: string
  /** Undefined for a route that was added past `routesOn`. */
  readonly right: RightName | undefined
}

/** Every route of an app and of the apps in it. What stands before all of them is no route. */
export function declaredRoutes({ routes }: Hono<Bindings>): readonly DeclaredRoute[] {
  const all = routes.map(({ method, path, handler }) => ({
    method,
    path,
    target: findTargetHandler(handler),
  }))
  return all
    .filter(({ method, path, target }) => !(method === 'ALL' && path === '/*' && isMiddleware(target)))
    .map(({ method, path, target }) => ({ method, path, right: declared.get(target) }))
}
