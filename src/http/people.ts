import { Hono, type Context } from 'hono'
import {
  type Access,
  type Audit,
  type Jobs,
  type JobUser,
  type StoredToken,
  type StoredUser,
  type TokenUser,
} from '../access/index.ts'
import { isoTimeMs, type Clock, type Log } from '../base/index.ts'
import { GITLAB_VERSION } from '../pipelines/index.ts'
import { registryFailures, runningJob, tokenUser } from './authenticate.ts'
import { ownUrl } from './own-url.ts'
import { routesOn, type Bindings } from './route.ts'

export interface PeopleRoutesParts {
  readonly access: Access
  readonly audit: Audit
  readonly jobs: Jobs
  readonly externalUrl: string
  readonly clock: Clock
  readonly log: Log
}

const API = '/api/v4'
const VERSION = { version: GITLAB_VERSION, revision: 'wheelseal' }
const SELF = `${API}/personal_access_tokens/self`

/** GitLab's answers to who asks what the server is, and who the token stands for. */
export function peopleRoutes(parts: PeopleRoutesParts): Hono<Bindings> {
  const { access, audit, log } = parts
  const app = new Hono<Bindings>()
  app.onError(registryFailures(log))
  const route = routesOn(app)
  const reads = tokenUser(access, { name: 'personal token', scopes: ['api', 'read_api'] })
  const any = tokenUser(access, { name: 'any personal token' })
  route.get(`${API}/version`, reads, (context) => context.json(VERSION))
  route.get(`${API}/metadata`, reads, (context) =>
    context.json({ ...VERSION, kas: NO_KAS, enterprise: false }),
  )
  route.get(`${API}/user`, reads, (context, who) => showUser(context, who, parts))
  route.get(`${API}/job`, runningJob(access), (context, job) => showJob(context, job, parts))
  route.get(SELF, any, async (context, { tokenId }) => {
    const token = await access.token(tokenId)
    return context.json(tokenRow(token, parts.clock.nowMs()))
  })
  route.delete(SELF, any, async (context, { tokenId, user }) => {
    const details = { token: String(tokenId), by: user.login }
    await audit.audited({ action: 'token.revoke', details }, () => access.revokeToken(tokenId))
    return context.body(null, 204)
  })
  return app
}

/** GitLab's agent server for Kubernetes, which clients look for here. */
const NO_KAS = { enabled: false, externalUrl: null, externalK8sProxyUrl: null, version: null }

async function showUser(
  context: Context<Bindings>,
  { user }: TokenUser,
  { access, externalUrl }: PeopleRoutesParts,
): Promise<Response> {
  const stored = await access.userOf(user)
  return context.json(userRow(stored, ownUrl(context, externalUrl)))
}

function userRow({ user, kind, createdAtMs }: StoredUser, url: string) {
  const { id, login, email, isAdministrator } = user
  return {
    id,
    username: login,
    name: login,
    state: 'active',
    locked: false,
    avatar_url: null,
    web_url: `${url}/${encodeURIComponent(login)}`,
    created_at: isoTimeMs(createdAtMs),
    bot: kind === 'bot',
    email,
    commit_email: email,
    public_email: null,
    ...(isAdministrator ? { is_admin: true } : {}),
  }
}

async function showJob(
  context: Context<Bindings>,
  { jobId, user }: JobUser,
  { jobs, externalUrl }: PeopleRoutesParts,
): Promise<Response> {
  const job = await jobs.findJob(jobId)
  if (job === undefined) return context.json({ message: '404 Not found' }, 404)
  const { id, status, stage, name, ref, isTag: tag, sha, startedAtMs, pipeline } = job
  const { id: pipelineId, iid, source } = pipeline
  return context.json({
    id,
    status,
    stage,
    name,
    ref,
    tag,
    created_at: isoTimeMs(job.createdAtMs),
    started_at: startedAtMs === null ? null : isoTimeMs(startedAtMs),
    finished_at: null,
    user: { id: user.id, username: user.login, name: user.login, state: 'active' },
    commit: { id: sha, short_id: sha.slice(0, 8) },
    pipeline: {
      id: pipelineId,
      iid,
      project_id: job.projectId,
      sha,
      ref,
      status: pipeline.status,
      source,
      created_at: isoTimeMs(pipeline.createdAtMs),
    },
    web_url: `${ownUrl(context, externalUrl)}/-/jobs/${id}`,
    project: { ci_job_token_scope_enabled: true },
  })
}

function tokenRow(token: StoredToken, nowMs: number) {
  const { id, name, scopes, user, createdAtMs, expiresAtMs, lastUsedAtMs, revokedAtMs } = token
  const hasEnded = expiresAtMs !== null && expiresAtMs <= nowMs
  return {
    id,
    name,
    revoked: revokedAtMs !== null,
    created_at: isoTimeMs(createdAtMs),
    description: null,
    scopes,
    user_id: user.id,
    last_used_at: lastUsedAtMs === null ? null : isoTimeMs(lastUsedAtMs),
    active: revokedAtMs === null && !hasEnded,
    expires_at: expiresAtMs === null ? null : isoTimeMs(expiresAtMs).slice(0, 'YYYY-MM-DD'.length),
  }
}
