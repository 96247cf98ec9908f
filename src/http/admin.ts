import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { accessErrors, parseVisibility, type Access, type Audit, type Project } from '../access/index.ts'
import type { Log, Secret } from '../base/index.ts'
import type { Pipelines } from '../pipelines/index.ts'
import type { Registry } from '../registry/index.ts'
import type { SigningTrust } from '../repositories/index.ts'
import { listPublished } from './admin-release.ts'
import { readBodyAs } from './body.ts'
import { failures, type ClientFailure } from './failures.ts'
import { adminSocket, routesOn, type Bindings, type Routes } from './route.ts'
import { planSources } from './plan-sources.ts'
import { projectAt } from './project-at.ts'

/** What verification of this instance's seals starts from, as `trust export` writes it. */
export interface TrustFiles extends SigningTrust {
  /** Both in one file, for sigstore-python. */
  readonly trustConfig: string
  /** The first root of the TUF repository: what `cosign initialize --root` takes. */
  readonly tufRoot: string
}

/** An id token outside of any job, for tries; the certificate that it gets says so. */
export interface TrialToken {
  readonly project: Project
  readonly ref: string
  readonly audience: string
}

export interface AdminParts {
  readonly access: Access
  readonly audit: Audit
  readonly registry: Registry
  readonly pipelines: Pipelines
  readonly trust: TrustFiles
  readonly mintTrialToken: (trial: TrialToken) => Promise<Secret>
  /** An id token for the authority that speaks for no project. */
  readonly mintCheckToken: () => Promise<Secret>
  readonly log: Log
}

const MAX_BODY_BYTES = 4 * 1024 * 1024
/** Projects of one answer; the next ones come after the last id of it. */
const PAGE = 100

/** With every file that the pipeline includes, and the names of the repository's. */
const MAX_PIPELINE_BYTES = 24 * 1024 * 1024

const text = v.pipe(v.string(), v.maxLength(4096))
const Variable = v.strictObject({
  key: text,
  value: v.string(),
  isFile: v.boolean(),
  isMasked: v.boolean(),
})
const bodies = {
  project: v.strictObject({ path: text, visibility: text, defaultBranch: v.exactOptional(text) }),
  forwarding: v.strictObject({
    indexUrl: text,
    names: v.union([v.literal('all'), v.pipe(v.array(text), v.maxLength(1000))]),
  }),
  idToken: v.strictObject({ project: text, ref: text, audience: text }),
  checkToken: v.strictObject({}),
  runner: v.strictObject({ description: text }),
  pipeline: v.strictObject({
    project: text,
    user: text,
    commit: v.strictObject({
      repositoryUrl: text,
      sha: text,
      ref: text,
      title: v.string(),
      author: v.string(),
      timestamp: text,
      refType: v.optional(v.picklist(['branch', 'tag']), 'branch'),
      beforeSha: v.exactOptional(text),
      isRefProtected: v.exactOptional(v.boolean()),
    }),
    config: v.strictObject({ path: text, text: v.string(), sources: v.exactOptional(planSources) }),
    variables: v.array(Variable),
    jobs: v.exactOptional(v.pipe(v.array(text), v.maxLength(5000))),
  }),
}

/**
 * Everything that commands change or ask on an instance. Served on the owner-only socket and in the process of a
 * command, never on the port: whoever reaches these routes may do everything.
 */
export function adminRoutes(parts: AdminParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  app.onError(failures(parts.log, renderAdmin))
  projectRoutes(route, parts)
  tokenRoutes(route, parts)
  pipelineRoutes(route, parts)
  route.get('/admin/trust', adminSocket, (context) => context.json(parts.trust))
  return app
}

function projectRoutes(route: Routes, { access, audit, registry, trust }: AdminParts): void {
  route.post('/admin/projects', adminSocket, async (context) => {
    const { path, visibility, ...branch } = await readBodyAs(context, bodies.project, MAX_BODY_BYTES)
    const project = await audit.audited(
      { action: 'project.create', details: { path, visibility } },
      async () => access.createProject({ path, visibility: parseVisibility(visibility), ...branch }),
    )
    return context.json(summary(project), 201)
  })
  route.get('/admin/projects', adminSocket, async (context) => {
    const afterId = Number(context.req.query('after') ?? 0)
    const projects = await access.listProjects({
      afterId: Number.isSafeInteger(afterId) ? afterId : 0,
      limit: PAGE,
    })
    return context.json({ projects: projects.map((project) => summary(project)) })
  })
  route.get('/admin/projects/:path', adminSocket, async (context) =>
    context.json(summary(await projectAt(access, context.req.param('path')))),
  )
  route.get('/admin/projects/:path/files', adminSocket, async (context) => {
    const project = await projectAt(access, context.req.param('path'))
    const before = context.req.query('before')
    const place = { registry, project, externalUrl: trust.url }
    return context.json({
      files: await listPublished(place, before === undefined ? undefined : idFrom(before)),
    })
  })
  route.put('/admin/projects/:path/forwarding', adminSocket, async (context) => {
    const forwarding = await readBodyAs(context, bodies.forwarding, MAX_BODY_BYTES)
    const project = await projectAt(access, context.req.param('path'))
    const details = { project: project.path, to: withoutSecrets(forwarding.indexUrl) }
    await audit.audited({ action: 'project.forward', details }, () =>
      registry.pypi.setForwarding(project, forwarding),
    )
    return context.json(forwarding)
  })
}

function tokenRoutes(route: Routes, parts: AdminParts): void {
  const { access, audit, pipelines, mintTrialToken, mintCheckToken } = parts
  route.post('/admin/id-tokens', adminSocket, async (context) => {
    const { project: path, ...trial } = await readBodyAs(context, bodies.idToken, MAX_BODY_BYTES)
    const project = await projectAt(access, path)
    const token = await audit.audited(
      { action: 'id-token.mint', details: { project: project.path, ...trial } },
      () => mintTrialToken({ ...trial, project }),
    )
    return context.json({ token: token.reveal() }, 201)
  })
  route.post('/admin/check-tokens', adminSocket, async (context) => {
    await readBodyAs(context, bodies.checkToken, MAX_BODY_BYTES)
    const token = await audit.audited({ action: 'check-token.mint', details: {} }, mintCheckToken)
    return context.json({ token: token.reveal() }, 201)
  })
  route.post('/admin/runners', adminSocket, async (context) => {
    const runner = await readBodyAs(context, bodies.runner, MAX_BODY_BYTES)
    const { id, token } = await audit.audited({ action: 'runner.create', details: runner }, () =>
      pipelines.createRunner(runner),
    )
    return context.json({ id, token: token.reveal() }, 201)
  })
}

function pipelineRoutes(route: Routes, { access, pipelines }: AdminParts): void {
  route.post('/admin/pipelines', adminSocket, async (context) => {
    const request = await readBodyAs(context, bodies.pipeline, MAX_PIPELINE_BYTES)
    const { user, blockedAtMs } = await access.user(request.user)
    if (blockedAtMs !== null) throw accessErrors('access.blocked', `the user ${user.login} is blocked`)
    const project = await projectAt(access, request.project)
    const { id, login, email } = user
    const pipeline = await pipelines.create({
      ...request,
      project,
      user: { id, login, email, accessLevel: await access.roleOf(user, project) },
      source: 'push',
    })
    return context.json({ ...pipeline }, 201)
  })
  route.get('/admin/pipelines/:id{[0-9]{1,15}}', adminSocket, async (context) =>
    context.json({ ...(await pipelines.get(idOf(context))) }),
  )
  route.post('/admin/pipelines/:id{[0-9]{1,15}}/cancel', adminSocket, async (context) =>
    context.json({ ...(await pipelines.cancel(idOf(context))) }),
  )
}

function summary({ id, path, visibility }: Project): { id: number; path: string; visibility: string } {
  return { id, path, visibility }
}

/** A URL with a password is refused, and is no more for the trail than it was for the registry. */
function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return ''
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

/** What is no id is before every file. */
function idFrom(query: string): number {
  return /^[0-9]{1,15}$/.test(query) ? Number(query) : 0
}

function idOf(context: Context): number {
  return Number(context.req.param('id'))
}

/** Without GitLab's prefix: the command prints the fact as its own. */
export function renderAdmin(_context: Context, { status, ...failure }: ClientFailure): Response {
  return Response.json(failure, { status })
}
