import { Hono } from 'hono'
import * as v from 'valibot'
import type { Audit } from '../access/index.ts'
import type { Log } from '../base/index.ts'
import { renderAdmin } from './admin.ts'
import { readBodyAs } from './body.ts'
import { failures } from './failures.ts'
import { adminSocket, routesOn, type Bindings } from './route.ts'

export interface IssuerKeyState {
  /** The key id. */
  readonly id: string
  readonly role: 'signs' | 'next' | 'previous'
  /** When the role ends: a next key signs, a previous one is withdrawn. */
  readonly until?: string
}

export interface IssuerAdmin {
  rotate(how: 'publish' | 'now' | 'revoke'): Promise<void>
  /** What the key set holds, the key that signs first. */
  keys(): readonly IssuerKeyState[]
}

const MAX_BODY_BYTES = 1024
const Rotation = v.strictObject({ how: v.picklist(['publish', 'now', 'revoke']) })

/** Part of the administration, as `admin.ts`: never served on the port. */
export function issuerAdminRoutes(admin: IssuerAdmin, audit: Audit, log: Log): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  app.onError(failures(log, renderAdmin))
  route.post('/admin/issuer/rotate', adminSocket, async (context) => {
    const { how } = await readBodyAs(context, Rotation, MAX_BODY_BYTES)
    await audit.audited({ action: 'issuer.rotate', details: { how } }, () => admin.rotate(how))
    return context.json({ keys: admin.keys() })
  })
  return app
}
