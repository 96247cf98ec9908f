import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import type { Audit } from '../access/index.ts'
import type { Clock, Log } from '../base/index.ts'
import { isName, normalizeName } from '../formats/python/index.ts'
import { gateErrors, type Gate } from '../gate/index.ts'
import { renderAdmin } from './admin.ts'
import { readBodyAs } from './body.ts'
import { failures } from './failures.ts'
import { adminSocket, routesOn, type Bindings } from './route.ts'

export interface GateAdminParts {
  readonly gates: readonly Gate[]
  readonly clock: Clock
  readonly log: Log
  /** Left out where there is none: the gate keeps who approved what itself. */
  readonly audit?: Pick<Audit, 'audited'>
}

const MAX_BODY_BYTES = 16 << 10
/** A policy as a string of JSON, in which a byte may become six. */
const MAX_TRIAL_BYTES = 512 << 10
const DAY_MS = 86_400_000
const MAX_SINCE_DAYS = 400

const text = v.pipe(v.string(), v.nonEmpty(), v.maxLength(1024))
const bodies = {
  approve: v.strictObject({ repository: v.optional(text), by: text, why: text }),
  forget: v.strictObject({ by: text, why: text }),
  trial: v.strictObject({ toml: v.string(), fileName: text, name: v.optional(text) }),
}

const UNAUDITED: Pick<Audit, 'audited'> = { audited: (_asked, act) => act() }

/** What commands ask of the gates of a server. Part of the administration: never served on the port. */
export function gateAdminRoutes({ gates, clock, log, audit = UNAUDITED }: GateAdminParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(failures(log, renderAdmin))
  const route = routesOn(app)
  const gateOf = (context: Context<Bindings>): Gate => gateNamed(gates, context.req.param('gate'))
  route.get('/admin/gates', adminSocket, (context) => context.json({ gates: gates.map(({ name }) => name) }))
  route.get('/admin/gates/:gate/status', adminSocket, async (context) => {
    const days = Number(context.req.query('days') ?? '1')
    const isRight = Number.isSafeInteger(days) && days >= 1 && days <= MAX_SINCE_DAYS
    const sinceMs = clock.nowMs() - (isRight ? days : 1) * DAY_MS
    return context.json(await gateOf(context).status(sinceMs))
  })
  route.post('/admin/gates/:gate/trials', adminSocket, async (context) => {
    const { name, ...file } = await readBodyAs(context, bodies.trial, MAX_TRIAL_BYTES)
    const only = name === undefined ? {} : { name: packageName(name) }
    return context.json(await gateOf(context).tryPolicy({ ...file, ...only }))
  })
  route.post('/admin/gates/:gate/pins/:name', adminSocket, async (context) => {
    const body = await readBodyAs(context, bodies.approve, MAX_BODY_BYTES)
    const [gate, name] = [gateOf(context), nameIn(context)]
    const details = { gate: gate.name, name, ...detailsOf(body) }
    const pin = await audit.audited({ action: 'gate.approve', details }, () => gate.approve(name, body))
    return context.json(pin, 201)
  })
  route.delete('/admin/gates/:gate/pins/:name', adminSocket, async (context) => {
    const body = await readBodyAs(context, bodies.forget, MAX_BODY_BYTES)
    const [gate, name] = [gateOf(context), nameIn(context)]
    const details = { gate: gate.name, name, ...detailsOf(body) }
    await audit.audited({ action: 'gate.forget', details }, () => gate.forget(name, body))
    return context.json({})
  })
  route.get('/admin/gates/:gate/pins', adminSocket, async (context) =>
    context.json({ toml: await gateOf(context).exportPins() }),
  )
  addRefresh(route, { audit, gateOf })
  return app
}

interface RefreshParts extends Required<Pick<GateAdminParts, 'audit'>> {
  readonly gateOf: (context: Context<Bindings>) => Gate
}

function addRefresh(route: ReturnType<typeof routesOn>, { audit, gateOf }: RefreshParts): void {
  route.post('/admin/gates/:gate/refresh/:name', adminSocket, async (context) => {
    const [gate, name] = [gateOf(context), nameIn(context)]
    const details = { gate: gate.name, name }
    await audit.audited({ action: 'gate.refresh', details }, () => gate.refresh(name))
    return context.json({})
  })
}

function detailsOf(body: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(body).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
}

/** Throws `gate.unknown`. */
function gateNamed(gates: readonly Gate[], name: string | undefined): Gate {
  const found = gates.find((one) => one.name === name)
  if (found === undefined)
    throw gateErrors('gate.unknown', `the server has no gate ${name}`, {
      hint: `its gates are: ${gates.map((one) => one.name).join(', ')}`,
    })
  return found
}

/** Throws `gate.unknown`. */
function nameIn(context: Context<Bindings>): string {
  return packageName(context.req.param('name') ?? '')
}

/** Throws `gate.unknown`. */
function packageName(name: string): string {
  if (isName(name)) return normalizeName(name)
  throw gateErrors('gate.unknown', 'that is not the name of a package', {
    hint: 'letters, digits, ".", "_" and "-", with a letter or digit at both ends',
  })
}
