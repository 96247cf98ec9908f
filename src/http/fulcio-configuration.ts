import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import type { AcceptedIssuer } from '../trust/authority/index.ts'

/** What Fulcio tells of itself; all issuers here are those of pipelines, whose clients sign the claim `sub`. */
export function fulcioConfigurationRoutes(
  issuers: readonly Pick<AcceptedIssuer, 'url' | 'audience'>[],
): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.get('/api/v2/configuration', (context) =>
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
