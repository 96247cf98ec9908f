import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import {
  accessErrors,
  accessLevelOf,
  parseVisibility,
  type Access,
  type Audit,
  type Group,
  type Principal,
  type Project,
  type TokenUser,
} from '../access/index.ts'
import type { Log } from '../base/index.ts'
import {
  projectRights,
  readProjectId,
  registryFailures,
  tokenUser,
  visitor,
  type Admitted,
} from './authenticate.ts'
import { readBody, readBodyAs } from './body.ts'
import { httpErrors } from './errors.ts'
import { ownUrl } from './own-url.ts'
import { oneOf, pageHeaders, readPage } from './query.ts'
import { routesOn, type Bindings } from './route.ts'

export interface ProjectsRoutesParts {
  readonly access: Access
  readonly audit: Audit
  readonly externalUrl: string
  readonly log: Log
}

const API = '/api/v4'
/** Of more projects the newest are listed, and no total is told. */
const LISTED = 10_000
const MAX_BODY_BYTES = 64 * 1024

/** GitLab's answers about projects and groups, and its way to create a project. */
export function projectsRoutes(parts: ProjectsRoutesParts): Hono<Bindings> {
  const { access, log } = parts
  const app = new Hono<Bindings>()
  app.onError(registryFailures(log))
  const route = routesOn(app)
  const read = projectRights(access, { takesJobTokenHeader: true, kind: 'ordinary' })('read_project')
  const everybody = visitor(access)
  const writer = tokenUser(access, { name: 'personal token', scopes: ['api'] })
  route.get(`${API}/projects`, everybody, (context, who) => list(context, who, parts))
  route.post(`${API}/projects`, writer, (context, who) => create(context, who, parts))
  route.get(`${API}/projects/:id`, read, (context, who) => show(context, who, parts))
  route.get(`${API}/groups/:id`, everybody, (context, who) => showGroup(context, who, parts))
  return app
}

async function list(
  context: Context<Bindings>,
  principal: Principal,
  parts: ProjectsRoutesParts,
): Promise<Response> {
  const page = readPage(context, LISTED)
  const visibility = oneOf(context, 'visibility', ['public', 'internal', 'private'])
  const membership = oneOf(context, 'membership', ['true', 'false']) === 'true'
  const asked = { membership, ...(visibility === undefined ? {} : { visibility }) }
  const ids = await parts.access.visibleProjects(principal, asked)
  const rows = []
  const url = ownUrl(context, parts.externalUrl)
  for (const id of ids.slice(page.offset, page.offset + page.perPage)) {
    const project = await parts.access.findProject(id)
    if (project !== undefined) rows.push(projectRow(project, url))
  }
  const total = ids.length < LISTED ? ids.length : undefined
  const listUrl = new URL(`${url}${API}/projects`)
  for (const name of ['visibility', 'membership']) copyQuery(context, listUrl, name)
  return context.json(rows, 200, {
    ...pageHeaders({ ...page, total, rowCount: rows.length, url: listUrl }),
    ...PERSONAL,
  })
}

/** What one may see is no answer for the next. */
const PERSONAL = { 'Cache-Control': 'private, no-store' }

function copyQuery(context: Context, url: URL, name: string): void {
  const value = context.req.query(name)
  if (value !== undefined) url.searchParams.set(name, value)
}

async function show(
  context: Context<Bindings>,
  { project, principal }: Admitted,
  { access, externalUrl }: ProjectsRoutesParts,
): Promise<Response> {
  const row = projectRow(project, ownUrl(context, externalUrl))
  if (principal.kind !== 'user') return context.json(row, 200, PERSONAL)
  const role = await access.roleOf(principal.user, project)
  const level = role === null ? null : { access_level: accessLevelOf(role) }
  const permissions = { project_access: level, group_access: null }
  return context.json({ ...row, permissions }, 200, PERSONAL)
}

function projectRow(project: Project, url: string) {
  const { id, name, path, namespaceId, namespacePath, visibility, defaultBranch } = project
  return {
    id,
    description: null,
    name,
    name_with_namespace: path.split('/').join(' / '),
    path: name,
    path_with_namespace: path,
    default_branch: defaultBranch,
    visibility,
    web_url: `${url}/${path}`,
    namespace: {
      id: namespaceId,
      name: lastPart(namespacePath),
      path: lastPart(namespacePath),
      kind: 'group',
      full_path: namespacePath,
      web_url: `${url}/groups/${namespacePath}`,
    },
    packages_enabled: true,
    archived: false,
    empty_repo: true,
    _links: { self: `${url}${API}/projects/${id}` },
  }
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

async function showGroup(
  context: Context<Bindings>,
  principal: Principal,
  { access, externalUrl }: ProjectsRoutesParts,
): Promise<Response> {
  const group = await access.findGroup(readProjectId(context.req.param('id') ?? ''))
  if (group === undefined || !(await access.maySeeGroup(principal, group)))
    throw accessErrors('access.unknown-group', 'the group does not exist, or this credential may not see it')
  const parent = await parentOf(access, group)
  return context.json(
    {
      id: group.id,
      web_url: `${ownUrl(context, externalUrl)}/groups/${group.path}`,
      name: lastPart(group.path),
      path: lastPart(group.path),
      description: '',
      full_name: group.path.split('/').join(' / '),
      full_path: group.path,
      parent_id: parent?.id ?? null,
    },
    200,
    PERSONAL,
  )
}

async function parentOf(access: Access, { path }: Group): Promise<Group | undefined> {
  const end = path.lastIndexOf('/')
  return end < 0 ? undefined : access.findGroup(path.slice(0, end))
}

const id = v.union([v.pipe(v.number(), v.safeInteger()), v.pipe(v.string(), v.regex(/^[0-9]{1,15}$/))])
/** As GitLab, which leaves out of account what it does not know. */
const NewProject = v.object({
  name: v.optional(v.pipe(v.string(), v.maxLength(255))),
  path: v.optional(v.pipe(v.string(), v.maxLength(255))),
  namespace_id: v.optional(id),
  visibility: v.optional(v.string()),
  default_branch: v.optional(v.pipe(v.string(), v.maxLength(255), v.regex(/^\w[\w./-]*$/))),
})

async function create(
  context: Context<Bindings>,
  principal: TokenUser,
  { access, audit, externalUrl }: ProjectsRoutesParts,
): Promise<Response> {
  const body = await readNewProject(context)
  const name = body.path ?? body.name
  if (name === undefined)
    throw httpErrors('http.body-shape', 'name and path are missing, at least one of them must be given')
  const visibility = parseVisibility(body.visibility ?? 'private')
  const group = await groupFor(access, principal, body.namespace_id)
  const path = `${group.path}/${name}`
  const branch = body.default_branch === undefined ? {} : { defaultBranch: body.default_branch }
  const { login } = principal.user
  const details = { path, visibility, by: login }
  const project = await audit.audited({ action: 'project.create', details }, () =>
    access.createProject({ path, visibility, ...branch }),
  )
  // Of the own group, where it is new, as of the project.
  await access.setMember({ path: group.isNew ? group.path : path, login, role: 'owner' })
  return context.json(projectRow(project, ownUrl(context, externalUrl)), 201)
}

interface GroupFor {
  readonly path: string
  readonly isNew: boolean
}

/** The group of that id; without one the group with the user's own name, which everybody may begin. */
async function groupFor(
  access: Access,
  principal: TokenUser,
  namespaceId: number | string | undefined,
): Promise<GroupFor> {
  const { login } = principal.user
  const group = await access.findGroup(namespaceId === undefined ? login : Number(namespaceId))
  if (group === undefined && namespaceId === undefined && principal.within === undefined)
    return { path: login, isNew: true }
  if (group === undefined || !(await access.maySeeGroup(principal, group)))
    throw accessErrors('access.unknown-group', 'the group does not exist, or this credential may not see it')
  if (await access.mayCreateIn(principal, group.path)) return { path: group.path, isNew: false }
  throw accessErrors(
    'access.forbidden',
    `this credential does not allow creating projects in ${group.path}`,
    {
      hint: 'a maintainer of the group may create projects in it, with the scope api',
    },
  )
}

/** JSON, or a form as curl sends it. */
async function readNewProject(context: Context): Promise<v.InferOutput<typeof NewProject>> {
  const type = context.req.header('content-type') ?? ''
  if (!type.startsWith('application/x-www-form-urlencoded'))
    return readBodyAs(context, NewProject, MAX_BODY_BYTES)
  const form = new URLSearchParams(new TextDecoder().decode(await readBody(context, MAX_BODY_BYTES)))
  const result = v.safeParse(NewProject, Object.fromEntries(form))
  if (result.success) return result.output
  throw httpErrors('http.body-shape', `${v.getDotPath(result.issues[0]) ?? 'the form'} is not valid`)
}
