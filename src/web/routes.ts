import { Hono, type Context } from 'hono'
import { RESERVED_GROUPS, type Access, type Principal, type Project } from '../access/index.ts'
import type { Clock, Entropy, Log } from '../base/index.ts'
import type { PipelineListing } from '../pipelines/index.ts'
import { anyone, noteOnRequest, ownUrl, routesOn, type Bindings } from '../http/index.ts'
import { sendPage, sendStyle } from './answers.ts'
import { document } from './layout.ts'
import { login, logout, pageFailures, pagePathOf, projectPathOf } from './login.ts'
import { frontPage, missingPage } from './pages.ts'
import { projectPage } from './project-page.ts'
import { viewProject, type Asked, type ViewParts } from './project-view.ts'
import { showRun } from './runs.ts'
import { Sessions } from './sessions.ts'
import { STYLE } from './style.ts'
import { session, visitorOf } from './visitor.ts'

export interface WebParts extends ViewParts {
  readonly listing: PipelineListing
  readonly access: Access
  /** By which clients reach the server, without a slash at the end; the issuer of its pipelines' id tokens. */
  readonly externalUrl: string
  /** Of the TUF root: `sha256:…`. */
  readonly fingerprint: () => string
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
}

/** Every path that can be one of a project. What is the server's own, or GitLab's, stays a path at which nothing is. */
const NO_GROUP = RESERVED_GROUPS.join('|').replaceAll('.', String.raw`\.`)
const PROJECT = `/:group{(?!(?:${NO_GROUP})$)[A-Za-z0-9_][A-Za-z0-9_.-]*}/:project{.+}`

export function webRoutes(given: WebParts): Hono<Bindings> {
  const parts = { ...given, sessions: new Sessions(given) }
  const app = new Hono<Bindings>()
  app.onError(pageFailures(given.log))
  const route = routesOn(app)
  route.get('/', anyone, async (context) => {
    const visitor = await visitorOf(context, parts)
    const html = frontPage({ up: '', visitor, back: '' }, { url: ownUrl(context, parts.externalUrl) })
    return sendPage(context, html, { visitor })
  })
  route.get('/-/style.css', anyone, (context) => sendStyle(context, STYLE))
  route.post('/-/login', anyone, (context) => login(context, parts))
  route.post('/-/logout', anyone, (context) => logout(context, parts))
  route.get(PROJECT, session(parts), (context, visitor) => showProject(context, visitor, parts))
  return app
}

async function showProject(
  context: Context<Bindings>,
  visitor: Principal,
  parts: WebParts,
): Promise<Response> {
  // As it was sent: the path of a project has nothing that is ever encoded.
  const asked = new URL(context.req.url).pathname.slice(1)
  const dash = asked.indexOf('/-/')
  const path = projectPathOf(dash < 0 ? asked : asked.slice(0, dash))
  const frame = { up: upFrom(path === '' ? '' : asked), visitor, back: pagePathOf(asked) }
  noteOnRequest(context, { project: path })
  const project = await readable(path, visitor, parts.access)
  if (dash >= 0) return showRun(context, { project, visitor, rest: asked.slice(dash + 3), frame }, parts)
  if (project === undefined) {
    // In the log it is a refusal, as on all routes.
    noteOnRequest(context, { code: 'access.unknown-project', reason: 'the visitor may not read it' })
    return sendPage(context, missingPage(frame), { visitor, status: 404 })
  }
  const view = await viewProject(parts, project, askedOf(context))
  const place = {
    up: frame.up,
    url: ownUrl(context, parts.externalUrl),
    issuer: parts.externalUrl,
    fingerprint: parts.fingerprint(),
  }
  const html = document({ ...frame, title: project.path }, projectPage(view, place))
  return sendPage(context, html, { visitor, status: view.missing === undefined ? 200 : 404 })
}

function upFrom(path: string): string {
  return path === '' ? '/' : '../'.repeat(path.split('/').length - 1)
}

/** Undefined also for who may not read it, and in any other spelling than its own. */
async function readable(path: string, visitor: Principal, access: Access): Promise<Project | undefined> {
  const project = path === '' ? undefined : await access.findProject(path)
  if (project?.path !== path) return undefined
  return (await access.may(visitor, 'read_packages', project)) ? project : undefined
}

const MAX_NAME = 255

function askedOf(context: Context<Bindings>): Asked {
  const { package: name, after, before = '' } = context.req.query()
  return {
    name: name?.slice(0, MAX_NAME),
    after: after?.slice(0, MAX_NAME),
    beforeId: /^[1-9][0-9]{0,14}$/.test(before) ? Number(before) : undefined,
  }
}
