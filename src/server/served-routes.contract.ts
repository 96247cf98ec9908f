import type { Gate } from '../gate/index.ts'
import { silentLog, systemClock } from '../host/index.ts'
import {
  anyone,
  declaredRoutes,
  gateAdminRoutes,
  gateRoutes,
  healthRoutes,
  type DeclaredRoute,
} from '../http/index.ts'
import { gateHomeRoutes, gatePages, gateWebRoutes } from '../web/index.ts'
import { adminApp, publicApp } from './routes.ts'
import type { Services } from './services.ts'

/** Stands for every service: whatever is looked up or called gives the same again. No request is ever made. */
const dummy: object = new Proxy(() => undefined, { get: () => dummy, apply: () => dummy })
const services = dummy as Services
/** Gates are configured, so that no server has this one: its name is the one of the reference. */
const gate = { name: ':gate' } as Gate

/** Every route of the port, of the app that is served there. */
export function portRoutes(): readonly DeclaredRoute[] {
  const health = healthRoutes(() => [])
  const gates = [{ gate, readers: anyone }]
  const app = publicApp(services, { log: silentLog, hosts: [], health })
  const ofGates = [
    gateRoutes({ gates, pages: gatePages, log: silentLog }),
    gateWebRoutes({ gates, clock: systemClock, log: silentLog }),
    gateHomeRoutes({ gates, log: silentLog }),
  ]
  return distinct([app, ...ofGates].flatMap((one) => declaredRoutes(one)))
}

/** Every route of the owner-only socket, of an instance or of gates alone. */
export function socketRoutes(): readonly DeclaredRoute[] {
  const gates = gateAdminRoutes({ gates: [], clock: systemClock, log: silentLog })
  return distinct([...declaredRoutes(adminApp(services, silentLog)), ...declaredRoutes(gates)])
}

function distinct(routes: readonly DeclaredRoute[]): readonly DeclaredRoute[] {
  return [...new Map(routes.map((one) => [`${one.method} ${one.path} ${String(one.right)}`, one])).values()]
}

/** Without the patterns of parameters, which may hold braces of their own: `/jobs/:id{[0-9]{1,15}}`. */
export function withoutPatterns(path: string): string {
  return path.replaceAll(/\{(?:[^{}]|\{[^{}]*\})*\}/g, '')
}
