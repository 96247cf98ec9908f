/**
 * The edge: one server for all services, its limits, who is asking, and how a failure looks on the wire.
 *
 * Each service has a routes file (`rekor.ts`, `pypi.ts`, …) which returns a small Hono app and maps requests to calls
 * of its service; `server/` mounts them in one app and listens. A route declares the right that it needs where it is
 * added (`routesOn`), and its handler gets what the check of the right found. A routes file sets
 * `onError(failures(log, render))` so that its failures have the shape that its clients expect. Nothing here decides what
 * is allowed or stored.
 */
export { createApp, type App, type AppParts } from './app.ts'
export { listen, type Listening, type TlsFiles } from './server.ts'
export { adminRoutes, type AdminParts, type TrialToken, type TrustFiles } from './admin.ts'
export { auditAdminRoutes } from './audit-admin.ts'
export { peopleRoutes } from './people.ts'
export { projectsRoutes } from './projects.ts'
export { peopleAdminRoutes } from './people-admin.ts'
export type { PublishedFile } from './admin-release.ts'
export { fulcioConfigurationRoutes } from './fulcio-configuration.ts'
export { fulcioRoutes } from './fulcio.ts'
export { fulcioV2Routes } from './fulcio-v2.ts'
export { genericAdminRoutes } from './generic-admin.ts'
export { genericRoutes } from './generic.ts'
export { ctRoutes } from './ct.ts'
export { healthRoutes, type Unreadiness } from './health.ts'
export { issuerAdminRoutes, type IssuerAdmin, type IssuerKeyState } from './issuer-admin.ts'
export { logAdminRoutes, logReports, type LogReport } from './log-admin.ts'
export { issuerRoutes } from './issuer.ts'
export { jobRoutes } from './jobs.ts'
export { proxyList } from './client-address.ts'
export { createMetrics, type Metrics, type Sample } from './metrics.ts'
export { measured, metricsRoutes, ownMetricsRoutes } from './metrics-routes.ts'
export { packagesAdminRoutes } from './packages-admin.ts'
export { packagesRoutes } from './packages.ts'
export { publishersAdminRoutes, publishersRoutes } from './publishers.ts'
export { pypiRoutes } from './pypi.ts'
export { pypiGroupRoutes } from './pypi-group.ts'
export { pypiCurationRoutes } from './pypi-curation.ts'
export { sayInStatusLine } from './reason-phrase.ts'
export { declaredRoutes, type DeclaredRoute } from './route.ts'
export { sealRoutes, type RuleBody } from './seals.ts'
export { sealAdminRoutes } from './seals-admin.ts'
export { rekorRoutes } from './rekor.ts'
export { rekorSearchRoutes } from './rekor-search.ts'
export { timestampRoutes } from './timestamp.ts'
export { trustedPublishingRoutes } from './trusted-publishing.ts'
export { tufRoutes } from './tuf.ts'
