import { silentLog } from '../host/index.ts'
import { declaredRoutes, healthRoutes, type DeclaredRoute } from '../http/index.ts'
import { adminApp, publicApp } from './routes.ts'
import type { Services } from './services.ts'

/** Stands for every service: whatever is looked up or called gives the same again. No request is ever made. */
const dummy: object = new Proxy(() => undefined, { get: () => dummy, apply: () => dummy })
const services = dummy as Services

/** Every route of the port, of the app that is served there. */
export function portRoutes(): readonly DeclaredRoute[] {
  const health = healthRoutes(() => [])
  return declaredRoutes(publicApp(services, { log: silentLog, hosts: [], health }))
}

/** Every route of the owner-only socket. */
export function socketRoutes(): readonly DeclaredRoute[] {
  return declaredRoutes(adminApp(services, silentLog))
}

/** Without the patterns of parameters, which may hold braces of their own: `/jobs/:id{[0-9]{1,15}}`. */
export function withoutPatterns(path: string): string {
  return path.replaceAll(/\{(?:[^{}]|\{[^{}]*\})*\}/g, '')
}
