import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import {
  accessErrors,
  type Access,
  type Audit,
  type Principal,
  type Project,
  type PublisherRule,
  type Publishers,
  type StoredPublisher,
} from '../access/index.ts'
import { isoTimeMs, type Log } from '../base/index.ts'
import { renderAdmin } from './admin.ts'
import { projectOfPath } from './generic-admin.ts'
import { principalFields, projectRights, registryFailures } from './authenticate.ts'
import { readBodyAs } from './body.ts'
import { failures } from './failures.ts'
import { adminSocket, routesOn, type Bindings } from './route.ts'

export interface PublishersParts {
  readonly publishers: Publishers
  readonly access: Access
  readonly audit: Audit
  /** Of this server, which is also its issuer. */
  readonly externalUrl: string
  /** The variable of the id token is named after the audience. */
  readonly tokens: { readonly audience: string }
  readonly log: Log
}

const MAX_BODY_BYTES = 16 * 1024
const text = v.pipe(v.string(), v.maxLength(1024))
const Rule = v.strictObject({
  issuer: v.optional(text),
  project_path: v.optional(text),
  project_id: v.optional(text),
  ref: text,
  config_file: v.optional(text),
})
type Asked = v.InferOutput<typeof Rule>

/** Which pipelines may publish to a project: its maintainers say it. */
export function publishersRoutes(parts: PublishersParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(parts.log))
  const route = routesOn(app)
  const admin = projectRights(parts.access, { takesJobTokenHeader: false, kind: 'ordinary' })('admin_project')
  const LIST = '/api/v4/projects/:id/publishers'
  route.get(LIST, admin, (context, { project }) => list(context, project, parts))
  route.post(LIST, admin, (context, { project, principal }) =>
    add(context, { project, principal, ...userOf(principalFields(principal)) }, parts),
  )
  route.delete(`${LIST}/:publisher{[0-9]{1,15}}`, admin, async (context, { project, principal }) => {
    await remove(context, { project, ...userOf(principalFields(principal)) }, parts)
    return context.body(null, 204)
  })
  return app
}

/** The same for commands. Part of the administration, as `admin.ts`: never served on the port. */
export function publishersAdminRoutes(parts: PublishersParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(failures(parts.log, renderAdmin))
  const route = routesOn(app)
  const LIST = '/admin/projects/:path/publishers'
  const asked = (context: Context): Promise<Project> => projectOfPath(context, parts.access)
  route.get(LIST, adminSocket, async (context) => list(context, await asked(context), parts))
  route.post(LIST, adminSocket, async (context) => add(context, { project: await asked(context) }, parts))
  route.delete(`${LIST}/:publisher{[0-9]{1,15}}`, adminSocket, async (context) => {
    const project = await asked(context)
    return context.json({ project: project.path, id: await remove(context, { project }, parts) })
  })
  return app
}

function userOf({ user }: { readonly user?: string }): { readonly user?: string } {
  return user === undefined ? {} : { user }
}

interface Asking {
  readonly project: Project
  /** Left out where it is a command. */
  readonly user?: string
}

interface Adding extends Asking {
  /** Who may name no project that it may not see; left out where it is a command. */
  readonly principal?: Principal
}

async function list(
  context: Context,
  project: Project,
  { publishers, tokens }: PublishersParts,
): Promise<Response> {
  const rules = await publishers.list(project)
  return context.json({ audience: tokens.audience, publishers: rules.map((rule) => rowOf(rule)) })
}

async function add(
  context: Context<Bindings>,
  { project, principal, ...by }: Adding,
  parts: PublishersParts,
): Promise<Response> {
  const asked = await readBodyAs(context, Rule, MAX_BODY_BYTES)
  const rule = await ruleOf(asked, { project, ...(principal && { principal }) }, parts)
  const details = { project: project.path, ...by, ...detailsOf(rule) }
  const added = await parts.audit.audited({ action: 'publisher.add', details }, () =>
    parts.publishers.add(project, rule),
  )
  return context.json({ ...rowOf(added), audience: parts.tokens.audience }, 201)
}

/** Left out, the pipeline is of this server and of the project itself. Here the id is known, and elsewhere it is learned. */
async function ruleOf(
  { issuer, project_path, project_id, ref, config_file }: Asked,
  { project, principal }: Pick<Adding, 'project' | 'principal'>,
  { access, externalUrl }: PublishersParts,
): Promise<PublisherRule> {
  const path = project_path ?? project.path
  const rule = {
    issuer: issuer ?? externalUrl,
    ciProjectPath: path,
    ref,
    configFile: config_file ?? '.gitlab-ci.yml',
  }
  if (rule.issuer !== externalUrl) return { ...rule, ciProjectId: project_id ?? null }
  const own = await access.findProject(path)
  const isKnown = own !== undefined && (principal === undefined || (await access.maySee(principal, own)))
  if (isKnown) return { ...rule, ciProjectId: String(own.id) }
  throw accessErrors(
    'access.publisher-rule',
    `this server has no project ${path} that this credential may see, and the rule names no other issuer`,
  )
}

async function remove(
  context: Context<Bindings>,
  { project, ...by }: Asking,
  { publishers, audit }: PublishersParts,
): Promise<number> {
  const id = Number(context.req.param('publisher'))
  const details = { project: project.path, ...by, publisher: String(id) }
  await audit.audited({ action: 'publisher.remove', details }, () => publishers.remove(project, id))
  return id
}

function detailsOf({ issuer, ciProjectPath, ref, configFile }: PublisherRule) {
  return { issuer, pipeline: `${ciProjectPath}//${configFile}`, ref }
}

function rowOf(rule: StoredPublisher) {
  return {
    id: rule.id,
    issuer: rule.issuer,
    project_path: rule.ciProjectPath,
    project_id: rule.ciProjectId,
    ref: rule.ref,
    config_file: rule.configFile,
    created_at: isoTimeMs(rule.createdAtMs),
  }
}
