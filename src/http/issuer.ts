import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import type { JsonValue } from '../base/index.ts'
import type { Issuer } from '../trust/issuer/index.ts'

/** GitLab's, for a day: a verifier that meets an unknown key id asks again on its own. */
const CACHE_CONTROL = 'public, max-age=86400, must-revalidate, no-transform'

/** Discovery and keys of the issuer, public, at GitLab's paths. */
export function issuerRoutes(issuer: Issuer): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.get('/.well-known/openid-configuration', (context) => cacheable(context, issuer.discovery()))
  app.get('/oauth/discovery/keys', (context) => cacheable(context, issuer.jwks()))
  app.get('/-/jwks', (context) => cacheable(context, issuer.jwks()))
  return app
}

function cacheable(context: Context, document: JsonValue): Response {
  return context.body(JSON.stringify(document), 200, {
    'Content-Type': 'application/json',
    'Cache-Control': CACHE_CONTROL,
  })
}
