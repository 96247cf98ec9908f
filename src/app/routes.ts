import type { Log } from '../base/index.ts'
import {
  adminRoutes,
  fulcioRoutes,
  fulcioV2Routes,
  genericRoutes,
  healthRoutes,
  issuerRoutes,
  jobRoutes,
  metricsRoutes,
  ownMetricsRoutes,
  pypiRoutes,
  rekorRoutes,
  timestampRoutes,
  tufRoutes,
  type App,
} from '../http/index.ts'
import { mintTrialToken } from './id-tokens.ts'
import { counted } from './metrics.ts'
import type { Services } from './services.ts'

/** What is served on the port. */
export function publicRoutes(services: Services, log: Log): readonly App[] {
  const { url: externalUrl, access, registry, pipelines, issuer, trust, metrics } = services
  const { authority, timestamper } = counted(services)
  return [
    issuerRoutes(issuer),
    fulcioRoutes(authority, log),
    fulcioV2Routes(authority, log),
    rekorRoutes(trust.rekor, log),
    timestampRoutes(timestamper, log),
    tufRoutes(trust.repository),
    pypiRoutes({ registry, access, externalUrl, log }),
    genericRoutes({ registry, access, log }),
    jobRoutes({ pipelines, log }),
    metricsRoutes({ metrics, access, log }),
  ]
}

/** What is served on the owner-only socket, or asked for by a command in its own process. */
export function adminApp({ issuer, trust, ...services }: Services, log: Log): App {
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
  })
  const app = healthRoutes(() => [])
  app.route('/', admin)
  app.route('/', ownMetricsRoutes(services.metrics))
  app.notFound((context) =>
    context.json({ message: 'the server is of another version than this command' }, 404),
  )
  return app
}
