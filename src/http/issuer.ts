import { Hono, type Context } from 'hono'
import type { JsonValue } from '../base/index.ts'
import type { Issuer } from '../trust/issuer/index.ts'
import { anyone, routesOn, type Bindings } from './route.ts'

/** GitLab's, for a day: a verifier that meets an unknown key id asks again on its own. */
const CACHE_CONTROL = 'public, max-age=86400, must-revalidate, no-transform'

/** Discovery and keys of the issuer, public, at GitLab's paths. */
export function issuerRoutes(issuer: Issuer): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  route.get('/.well-known/openid-configuration', anyone, (context) => cacheable(context, issuer.discovery()))
  route.get('/oauth/discovery/keys', anyone, (context) => cacheable(context, issuer.jwks()))
  route.get('/-/jwks', anyone, (context) => cacheable(context, issuer.jwks()))
  return app
}

function cacheable(context: Context, document: JsonValue): Response {
  return context.body(JSON.stringify(document), 200, {
    'Content-Type': 'application/json',
    'Cache-Control': CACHE_CONTROL,
  })
}
