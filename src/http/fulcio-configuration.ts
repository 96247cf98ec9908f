import { Hono } from 'hono'
import type { AcceptedIssuer } from '../trust/authority/index.ts'
import { anyone, routesOn, type Bindings } from './route.ts'

/** What Fulcio tells of itself; all issuers here are those of pipelines, whose clients sign the claim `sub`. */
export function fulcioConfigurationRoutes(
  issuers: readonly Pick<AcceptedIssuer, 'url' | 'audience'>[],
): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  route.get('/api/v2/configuration', anyone, (context) =>
    context.json({
      issuers: issuers.map(({ url, audience }) => ({
        issuerUrl: url,
        audience,
        challengeClaim: 'sub',
        issuerType: 'ci-provider',
      })),
    }),
  )
  return app
}
