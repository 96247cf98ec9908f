import { silentLog } from '../host/index.ts'
import { declaredRoutes, healthRoutes, type DeclaredRoute } from '../http/index.ts'
import { gateHomeRoutes } from '../web/index.ts'
import { adminApp, publicApp } from './routes.ts'
import type { Services } from './services.ts'

/** Stands for every service: whatever is looked up or called gives the same again. No request is ever made. */
const dummy: object = new Proxy(() => undefined, { get: () => dummy, apply: () => dummy })
/** Routes of a gate begin with its name. */
const gates = { gates: [{ gate: { name: ':gate' }, readers: 'tokens' }] }
const services = new Proxy(() => undefined, {
  get: (_target, name) => (name === 'gates' ? gates : dummy),
}) as unknown as Services

/** Every route of the port, of the app that is served there; and the front page of gates alone. */
export function portRoutes(): readonly DeclaredRoute[] {
  const app = publicApp(services, { log: silentLog, hosts: [], health: healthRoutes(() => []) })
  const alone = declaredRoutes(gateHomeRoutes({ gates: [], log: silentLog }))
  const known = new Set(declaredRoutes(app).map(({ method, path }) => `${method} ${path}`))
  return [...declaredRoutes(app), ...alone.filter(({ method, path }) => !known.has(`${method} ${path}`))]
}

/** Every route of the owner-only socket. */
export function socketRoutes(): readonly DeclaredRoute[] {
  return declaredRoutes(adminApp(services, silentLog))
}

/** Without the patterns of parameters, which may hold braces of their own: `/jobs/:id{[0-9]{1,15}}`. */
export function withoutPatterns(path: string): string {
  return path.replaceAll(/\{(?:[^{}]|\{[^{}]*\})*\}/g, '')
}
