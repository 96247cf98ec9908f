import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import type { Access, Audit, Project } from '../access/index.ts'
import { isoTime, type Log } from '../base/index.ts'
import {
  registryErrors,
  type FileSeal,
  type FileSeals,
  type PublishRule,
  type PypiPackages,
  type RuleStatus,
  type Seals,
} from '../registry/index.ts'
import { principalFields, projectRights, registryFailures, type Admitted } from './authenticate.ts'
import { readBodyAs } from './body.ts'
import { routesOn, type Bindings } from './route.ts'

export interface SealRoutesParts {
  readonly seals: Seals
  readonly pypi: PypiPackages
  readonly access: Access
  readonly audit: Audit
  readonly log: Log
}

const PYPI = '/api/v4/projects/:id/packages/pypi'
/** A policy file, in JSON. */
const MAX_RULE_BYTES = 256 * 1024

/** Of the command and of the route alike. */
export const RULE_BODY = v.variant('kind', [
  v.strictObject({ kind: v.literal('off') }),
  v.strictObject({ kind: v.literal('project-identity') }),
  v.strictObject({ kind: v.literal('policy'), policy: v.string() }),
])
export type RuleBody = v.InferOutput<typeof RULE_BODY>

/** What is known of the seals of a distribution, and by which rule a project lists its distributions. */
export function sealRoutes(parts: SealRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(parts.log))
  const route = routesOn(app)
  const may = projectRights(parts.access, { takesJobTokenHeader: false })
  route.get(`${PYPI}/files/:sha256/:file/seals`, may('read_packages'), (context, { project }) =>
    describe(context, project, parts),
  )
  route.get(`${PYPI}/rule`, may('read_packages'), async (context, { project }) =>
    context.json(ruleJson(await parts.seals.rule(project))),
  )
  route.put(`${PYPI}/rule`, may('admin_packages'), (context, who) => setRule(context, who, parts))
  return app
}

async function describe(
  context: Context<Bindings>,
  project: Project,
  { seals, pypi }: SealRoutesParts,
): Promise<Response> {
  const { sha256 = '', file: fileName = '' } = context.req.param() as Record<string, string>
  const file = await pypi.find(project, { sha256, fileName })
  if (file === undefined)
    throw registryErrors('registry.unknown-file', `${project.path} has no file with that name and digest`)
  return context.json(sealsJson(await seals.describe(project, file)), 200, { 'Cache-Control': 'no-cache' })
}

async function setRule(
  context: Context<Bindings>,
  { project, principal }: Admitted,
  { seals, audit }: SealRoutesParts,
): Promise<Response> {
  const body = await readBodyAs(context, RULE_BODY, MAX_RULE_BYTES)
  const { user = '' } = principalFields(principal)
  const status = await auditedRule(audit, seals, { project, body, user })
  return context.json(ruleJson(status), 202)
}

interface RuleChange {
  readonly project: Project
  readonly body: RuleBody
  /** Whose token it was; left out for the owner of the data directory. */
  readonly user?: string
}

/** One way for the route and the command: no rule changes without a row in the trail. */
export function auditedRule(
  audit: Audit,
  seals: Seals,
  { project, body, user }: RuleChange,
): Promise<RuleStatus> {
  const details = { project: project.path, rule: body.kind, ...(user === undefined ? {} : { user }) }
  return audit.audited({ action: 'project.rule', details }, () => seals.setRule(project, ruleOf(body)))
}

function ruleOf(body: RuleBody): PublishRule | undefined {
  return body.kind === 'off' ? undefined : body
}

/** A rule that is off is null. */
export function ruleJson({ rule, next, phase }: RuleStatus) {
  return { rule: rule ?? null, next: phase === 'narrowing' ? (next ?? null) : null, phase }
}

function sealsJson({ seals, ...file }: FileSeals) {
  return {
    file_name: file.fileName,
    sha256: file.sha256,
    outcome: file.outcome,
    message: file.message,
    listed: file.isListed,
    rule: file.rule,
    rule_sha256: file.ruleSha256,
    trust_roots_sha256: file.rootsSha256,
    judged_at: file.judgedAt,
    judged_again_at: file.judgedAgainAt,
    seals: seals.map(sealJson),
  }
}

function sealJson({ kind, files, sealSha256, outcome, report }: FileSeal) {
  const shown = files.map(({ fileName, sha256, putAt }) => ({ file_name: fileName, sha256, put_at: putAt }))
  return { kind, files: shown, seal_sha256: sealSha256, outcome, ...(report && reportJson(report)) }
}

function reportJson(report: NonNullable<FileSeal['report']>) {
  const { reason, message, hint, signer, signedAtSeconds, logIndex, checks } = report
  return {
    reason,
    message,
    hint: hint ?? null,
    signer: signer ?? null,
    signed_at: signedAtSeconds === undefined ? null : isoTime(signedAtSeconds),
    log_index: logIndex ?? null,
    checks,
  }
}
