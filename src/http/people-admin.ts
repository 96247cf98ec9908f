import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import { type Access, type Audit, type Page, type StoredToken, type StoredUser } from '../access/index.ts'
import { isoTimeMs, type Log } from '../base/index.ts'
import { renderAdmin } from './admin.ts'
import { readBodyAs } from './body.ts'
import { failures } from './failures.ts'
import { adminSocket, routesOn, type Bindings, type Routes } from './route.ts'
import { projectAt } from './project-at.ts'

export interface PeopleAdminParts {
  readonly access: Access
  readonly audit: Audit
  readonly log: Log
}

const MAX_BODY_BYTES = 64 * 1024
/** Rows of one answer; the next ones come after the last id of it. */
const PAGE = 100

const text = v.pipe(v.string(), v.maxLength(1024))
const bodies = {
  user: v.strictObject({ login: text, isAdministrator: v.boolean(), email: v.optional(text) }),
  state: v.strictObject({ state: v.picklist(['active', 'blocked']) }),
  member: v.strictObject({ role: text }),
  token: v.strictObject({
    user: v.optional(text),
    within: v.optional(text),
    kind: v.optional(v.picklist(['personal', 'deploy'])),
    scopes: v.pipe(v.array(text), v.maxLength(20)),
    role: v.optional(text),
    name: v.optional(text),
    /** Milliseconds since 1970. */
    expiresAtMs: v.optional(v.pipe(v.number(), v.safeInteger())),
  }),
}

/** Users, members and tokens. Part of the administration, as `admin.ts`: never served on the port. */
export function peopleAdminRoutes(parts: PeopleAdminParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  app.onError(failures(parts.log, renderAdmin))
  userRoutes(route, parts)
  memberRoutes(route, parts)
  allowlistRoutes(route, parts)
  tokenRoutes(route, parts)
  return app
}

function userRoutes(route: Routes, { access, audit }: PeopleAdminParts): void {
  route.post('/admin/users', adminSocket, async (context) => {
    const { login, isAdministrator, email } = await readBodyAs(context, bodies.user, MAX_BODY_BYTES)
    const details = { user: login, administrator: isAdministrator ? 'yes' : 'no' }
    const user = { login, isAdministrator, ...(email === undefined ? {} : { email }) }
    await audit.audited({ action: 'user.create', details }, () => access.createUser(user))
    return context.json(userLine(await access.user(login)), 201)
  })
  route.get('/admin/users', adminSocket, async (context) => {
    const users = await access.listUsers(pageOf(context))
    return context.json({ users: users.map((user) => userLine(user)) })
  })
  route.get('/admin/users/:user', adminSocket, async (context) =>
    context.json(userLine(await access.user(context.req.param('user')))),
  )
  route.put('/admin/users/:user/state', adminSocket, async (context) => {
    const { state } = await readBodyAs(context, bodies.state, MAX_BODY_BYTES)
    const login = context.req.param('user')
    const action = state === 'blocked' ? 'user.block' : 'user.unblock'
    const changed = await audit.audited({ action, details: { user: login } }, () =>
      access.setBlocked(login, state),
    )
    return context.json(userLine(changed))
  })
}

function memberRoutes(route: Routes, { access, audit }: PeopleAdminParts): void {
  route.get('/admin/members/:path', adminSocket, async (context) =>
    context.json({
      members: [...(await access.listMembers(context.req.param('path'), pageOf(context)))],
    }),
  )
  route.get('/admin/members/:path/:user', adminSocket, async (context) => {
    const { path, user: login } = context.req.param()
    return context.json({ path, user: login, role: await access.roleAt(path, login) })
  })
  route.put('/admin/members/:path/:user', adminSocket, async (context) => {
    const { role } = await readBodyAs(context, bodies.member, MAX_BODY_BYTES)
    const { path, user: login } = context.req.param()
    await audit.audited({ action: 'member.add', details: { path, user: login, role } }, () =>
      access.setMember({ path, login, role }),
    )
    return context.json({ path, user: login, role })
  })
  route.delete('/admin/members/:path/:user', adminSocket, async (context) => {
    const { path, user: login } = context.req.param()
    await audit.audited({ action: 'member.remove', details: { path, user: login } }, () =>
      access.removeMember({ path, login }),
    )
    return context.json({ path, user: login })
  })
}

function allowlistRoutes(route: Routes, { access, audit }: PeopleAdminParts): void {
  const LIST = '/admin/projects/:path/job-allowlist'
  route.get(LIST, adminSocket, async (context) => {
    const project = await projectAt(access, context.req.param('path'))
    return context.json({ project: project.path, from: [...(await access.listAllowedJobs(project))] })
  })
  route.put(`${LIST}/:from`, adminSocket, async (context) => {
    const { path, from } = context.req.param()
    const project = await projectAt(access, path)
    await audit.audited({ action: 'project.allow-jobs', details: { project: project.path, from } }, () =>
      access.allowJobs(project, from),
    )
    return context.json({ project: project.path, from })
  })
  route.delete(`${LIST}/:from`, adminSocket, async (context) => {
    const { path, from } = context.req.param()
    const project = await projectAt(access, path)
    await audit.audited({ action: 'project.disallow-jobs', details: { project: project.path, from } }, () =>
      access.disallowJobs(project, from),
    )
    return context.json({ project: project.path, from })
  })
}

function tokenRoutes(route: Routes, { access, audit }: PeopleAdminParts): void {
  route.post('/admin/tokens', adminSocket, async (context) => {
    const { user: login, ...asked } = await readBodyAs(context, bodies.token, MAX_BODY_BYTES)
    const request = withoutUndefined({ login, ...asked })
    if (login !== undefined && asked.within === undefined) await ensureFirstUser({ access, audit }, login)
    const { id, user, token, scopes, expiresAtMs } = await audit.audited(
      { action: 'token.create', details: detailsOf({ user: login, ...asked }) },
      () => access.createToken(request),
    )
    const expiresAt = expiresAtMs === null ? null : isoTimeMs(expiresAtMs)
    return context.json({ token: token.reveal(), id, user: user.login, scopes: [...scopes], expiresAt }, 201)
  })
  route.get('/admin/tokens', adminSocket, async (context) => {
    const tokens = await access.listTokens(pageOf(context))
    return context.json({ tokens: tokens.map((token) => tokenLine(token)) })
  })
  route.delete('/admin/tokens/:id{[0-9]{1,15}}', adminSocket, async (context) => {
    const id = Number(context.req.param('id'))
    const revoked = await audit.audited({ action: 'token.revoke', details: { token: String(id) } }, () =>
      access.revokeToken(id),
    )
    return context.json(tokenLine(revoked))
  })
}

/**
 * Who gets the first token of an instance becomes its administrator, since there is no user yet that could be given a
 * role. From then on a token asks for a user that exists. Only the owner of the data directory reaches this route.
 */
async function ensureFirstUser(
  { access, audit }: Pick<PeopleAdminParts, 'access' | 'audit'>,
  login: string,
): Promise<void> {
  const [someone] = await access.listUsers({ afterId: 0, limit: 1 })
  if (someone !== undefined) return
  const details = { user: login, administrator: 'yes' }
  await audit.audited({ action: 'user.create', details }, () =>
    access.createUser({ login, isAdministrator: true }),
  )
}

type TokenBody = v.InferOutput<typeof bodies.token>

function detailsOf({ scopes, expiresAtMs, ...others }: TokenBody): Readonly<Record<string, string>> {
  const expires = expiresAtMs === undefined ? {} : { expiresAtMs: String(expiresAtMs) }
  return { ...withoutUndefined(others), scopes: scopes.join(' '), ...expires }
}

type Present<T> = { [Key in keyof T]: Exclude<T[Key], undefined> }

function withoutUndefined<T extends object>(record: T): Present<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Present<T>
}

function userLine({ user, kind, blockedAtMs, createdAtMs }: StoredUser) {
  return {
    id: user.id,
    login: user.login,
    email: user.email,
    isAdministrator: user.isAdministrator,
    isBot: kind === 'bot',
    isBlocked: blockedAtMs !== null,
    createdAt: isoTimeMs(createdAtMs),
  }
}

function tokenLine(token: StoredToken) {
  const { id, user, kind, name, scopes, within } = token
  return {
    id,
    user: user.login,
    kind,
    name,
    scopes: [...scopes],
    within,
    createdAt: isoTimeMs(token.createdAtMs),
    expiresAt: timeOrNull(token.expiresAtMs),
    lastUsedAt: timeOrNull(token.lastUsedAtMs),
    revokedAt: timeOrNull(token.revokedAtMs),
    isUserBlocked: token.isUserBlocked,
  }
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTimeMs(ms)
}

function pageOf(context: Context): Page {
  const afterId = Number(context.req.query('after') ?? 0)
  return { afterId: Number.isSafeInteger(afterId) ? afterId : 0, limit: PAGE }
}
