import { utf8, type Log } from '../base/index.ts'
import {
  adminRoutes,
  auditAdminRoutes,
  createApp,
  ctRoutes,
  fulcioConfigurationRoutes,
  fulcioRoutes,
  fulcioV2Routes,
  gateAdminRoutes,
  gateReader,
  gateRoutes,
  genericRoutes,
  gitRoutes,
  healthRoutes,
  issuerAdminRoutes,
  logAdminRoutes,
  issuerRoutes,
  jobActionRoutes,
  jobRoutes,
  metricsRoutes,
  ownMetricsRoutes,
  genericAdminRoutes,
  packagesAdminRoutes,
  pypiCurationRoutes,
  packagesRoutes,
  publishersAdminRoutes,
  publishersRoutes,
  peopleAdminRoutes,
  peopleRoutes,
  pipelineActionRoutes,
  pipelineRoutes,
  projectArtifactRoutes,
  projectJobRoutes,
  projectsRoutes,
  pypiGroupRoutes,
  pypiRoutes,
  rekorRoutes,
  rekorSearchRoutes,
  repositoryRoutes,
  sealAdminRoutes,
  sealRoutes,
  timestampRoutes,
  trustedPublishingRoutes,
  tufRoutes,
  type App,
  type AppParts,
} from '../http/index.ts'
import { systemClock, systemEntropy } from '../host/index.ts'
import { gatePages, gateWebRoutes, webRoutes } from '../web/index.ts'
import { fingerprintOf } from '../formats/tuf/index.ts'
import { mintCheckToken, mintTrialToken } from './sigstore/id-tokens.ts'
import { issuerAdmin } from './admin/issuer-admin.ts'
import { counted } from './health/metrics.ts'
import type { Services } from './services.ts'

interface PublicParts extends Omit<AppParts, 'routes'> {
  readonly health: App
  /** Of a proposed entry of Rekor. */
  readonly maxEntryBytes?: number | undefined
}

/** What is served on the port. */
export function publicApp(services: Services, { health, maxEntryBytes, ...parts }: PublicParts): App {
  const { log } = parts
  const { access, audit, registry, seals, pipelines, issuer, trust, metrics, url: externalUrl } = services
  const { authority, tsa } = counted(services)
  const routes = [
    health,
    issuerRoutes(issuer),
    fulcioRoutes(authority, log),
    fulcioV2Routes(authority, log),
    fulcioConfigurationRoutes(trust.issuers),
    rekorRoutes(trust.rekor, log, maxEntryBytes),
    rekorSearchRoutes(trust.rekor, log),
    ctRoutes({ ct: trust.ct, tree: trust.logs.ct, roots: trust.ctRoots, clock: systemClock, log }),
    timestampRoutes(tsa, log),
    tufRoutes(trust.repository),
    pypiRoutes({ pypi: registry.pypi, access, log, externalUrl: services.url }),
    pypiGroupRoutes({ pypi: registry.pypi, access, log, externalUrl: services.url }),
    pypiCurationRoutes({ registry, access, audit: services.audit, log }),
    sealRoutes({ seals, pypi: registry.pypi, access, audit, log }),
    genericRoutes({ generic: registry.generic, access, log }),
    packagesRoutes({ registry, pipelines, access, audit, externalUrl: services.url, log }),
    trustedPublishingRoutes({
      publishers: services.publishers,
      tokens: services.publishingTokens,
      audit,
      log,
    }),
    publishersRoutes(publisherParts(services, log)),
    ...runRoutes(services, log),
    jobRoutes({ ...services, version: services.queueVersion, clock: systemClock, log }),
    metricsRoutes({ metrics, access, log }),
    peopleRoutes({ access, audit, jobs: pipelines, externalUrl, clock: systemClock, log }),
    projectsRoutes({ access, audit, externalUrl, log }),
    repositoryRoutes({ ...services, externalUrl, log }),
    ...routesOfGates(services, log),
    // Before the pages: a repository is reached below the path of its project.
    gitRoutes({ ...services, log }),
    webRoutes(webParts(services, log)),
  ]
  return createApp({ ...parts, routes })
}

function routesOfGates(
  { gates: opened, access }: Pick<Services, 'gates' | 'access'>,
  log: Log,
): readonly App[] {
  const gates = opened.gates.map(({ gate, readers }) => ({ gate, readers: gateReader(access, readers) }))
  return [gateRoutes({ gates, pages: gatePages, log }), gateWebRoutes({ gates, clock: systemClock, log })]
}

/** Of pipelines and jobs, for people and programs. */
function runRoutes(services: Services, log: Log): readonly App[] {
  const parts = { ...services, externalUrl: services.url, clock: systemClock, log }
  return [
    pipelineRoutes(parts),
    pipelineActionRoutes(parts),
    projectJobRoutes(parts),
    jobActionRoutes(parts),
    projectArtifactRoutes(parts),
  ]
}

function webParts(
  { access, registry, seals, trust, url, listing }: WebServices,
  log: Log,
): Parameters<typeof webRoutes>[0] {
  const fingerprint = () => fingerprintOf(utf8(trust.material.tufRoot))
  const ports = { clock: systemClock, entropy: systemEntropy, log }
  return { access, listing, pypi: registry.pypi, seals, externalUrl: url, fingerprint, ...ports }
}

type WebServices = Pick<Services, 'access' | 'registry' | 'seals' | 'trust' | 'url' | 'listing'>

function publisherParts(
  { publishers, publishingTokens, access, audit, url }: PublishingServices,
  log: Log,
): Parameters<typeof publishersRoutes>[0] {
  return { publishers, access, audit, externalUrl: url, tokens: publishingTokens, log }
}

type PublishingServices = Pick<Services, 'publishers' | 'publishingTokens' | 'access' | 'audit' | 'url'>

/** What is served on the owner-only socket, or asked for by a command in its own process. */
export function adminApp({ issuer, issuerKeys, trust, gates, ...services }: Services, log: Log): App {
  const admin = adminRoutes({
    ...services,
    log,
    trust: trust.material,
    mintTrialToken: async (trial) => {
      log.event('trust.trial-token', {
        project: trial.project.path,
        ref: trial.ref,
        audience: trial.audience,
      })
      return mintTrialToken(issuer, trial)
    },
    mintCheckToken: () => mintCheckToken(issuer),
  })
  const app = healthRoutes(() => [])
  app.route('/', admin)
  app.route('/', peopleAdminRoutes({ ...services, log }))
  app.route('/', publishersAdminRoutes(publisherParts(services, log)))
  app.route('/', genericAdminRoutes({ ...services, log }))
  app.route('/', auditAdminRoutes(services.audit, log))
  app.route('/', packagesAdminRoutes({ ...services, log }))
  app.route(
    '/',
    logAdminRoutes(() => trust.logs.check(), log),
  )
  app.route('/', issuerAdminRoutes(issuerAdmin(issuerKeys, log), services.audit, log))
  const all = gates.gates.map(({ gate }) => gate)
  app.route('/', gateAdminRoutes({ ...services, gates: all, clock: systemClock, log }))
  app.route('/', sealAdminRoutes({ ...services, log }))
  app.route('/', ownMetricsRoutes(services.metrics))
  app.notFound((context) =>
    context.json({ message: 'the running server has another version than this command' }, 404),
  )
  return app
}
