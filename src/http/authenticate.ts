import type { Context, ErrorHandler } from 'hono'
import {
  accessErrors,
  ANONYMOUS,
  hasScope,
  JOB_TOKEN_USER,
  mayReadMetrics,
  type Access,
  type Action,
  type Credential,
  type JobUser,
  type Principal,
  type Project,
  type Scope,
  type TokenUser,
} from '../access/index.ts'
import type { Maker } from '../registry/index.ts'
import type { Log, WheelsealError } from '../base/index.ts'
import { readCredential, type Carriers } from './credential.ts'
import { failures, renderProblem } from './failures.ts'
import { clientOf, noteOnRequest } from './request-log.ts'
import type { Bindings, Right, RightName } from './route.ts'

/**
 * Routes of packages ask who sent nothing for a credential, and take a wrong personal token for none, as installers
 * need it. Ordinary routes of the API show who sent nothing what is public and hide the rest, and refuse a wrong token.
 */
export type RouteKind = 'packages' | 'ordinary'

interface Admission extends Carriers {
  readonly access: Access
  readonly action: Action
  readonly kind?: RouteKind
}

export interface Admitted {
  readonly principal: Principal
  readonly project: Project
}

const CHALLENGE = 'Basic realm="GitLab Packages Registry"'

/** For each action the right to it in the project `:id` of the path. */
export function projectRights(
  access: Access,
  carriers: Pick<Admission, 'takesJobTokenHeader' | 'kind'>,
): (action: Action) => Right<Admitted> {
  return (action) => ({
    name: action,
    admit: (context) => admit(context, { access, action, ...carriers }),
  })
}

/**
 * The project `:id` of the path, for who may do `action` there. Throws `access.unauthenticated` to who sent no good
 * credential, whether or not there is such a project; `access.unknown-project` to who may not see it;
 * `access.forbidden` to who may see it and no more.
 */
async function admit(context: Context<Bindings>, admission: Admission): Promise<Admitted> {
  const { access, action, kind = 'packages' } = admission
  const asked = context.req.param('id') ?? ''
  noteOnRequest(context, { project: asked })
  const credential = readCredential(context, admission)
  const principal = await identify(context, { access, credential, kind })
  const project = await access.findProject(readProjectId(asked))
  if (project !== undefined) noteOnRequest(context, { project: project.path })
  if (project !== undefined && (await access.may(principal, action, project))) return { principal, project }
  if (principal.kind === 'anonymous' && kind === 'packages')
    throw unauthenticated(credential, context.req.header('job-token'))
  throw await refusal(access, principal, project)
}

/** Why not, for who may know. */
async function refusal(
  access: Access,
  principal: Principal,
  project: Project | undefined,
): Promise<WheelsealError> {
  if (project === undefined || !(await access.maySee(principal, project)))
    return accessErrors(
      'access.unknown-project',
      'the project does not exist, or this credential may not see it',
    )
  if (principal.kind === 'anonymous') return unauthenticated(undefined)
  return accessErrors('access.forbidden', `this credential does not allow that in ${project.path}`)
}

/** The metrics show the whole server. Throws as `admit` does. */
export function metricsReader(access: Access): Right<void> {
  return {
    name: 'read_metrics',
    admit: async (context) => {
      const credential = readCredential(context, { takesJobTokenHeader: false })
      const principal = await identify(context, { access, credential, kind: 'packages' })
      if (principal.kind === 'anonymous') throw unauthenticated(credential)
      if (mayReadMetrics(principal)) return
      throw accessErrors('access.forbidden', 'this credential does not allow reading the metrics', {
        hint: "use a token with the scope 'read_metrics', or one of an administrator",
      })
    },
  }
}

/** Everybody, known or not; who sent a wrong token is refused, and not taken for a stranger. */
export function visitor(access: Access): Right<Principal> {
  return {
    name: 'visitor',
    admit: (context) => {
      const credential = readCredential(context, { takesJobTokenHeader: false })
      return identify(context, { access, credential, kind: 'ordinary' })
    },
  }
}

/** Somebody with a token that has one of the scopes, whoever it is. Throws as `admit` does. */
export function tokenUser(
  access: Access,
  { name, scopes }: { readonly name: RightName; readonly scopes?: readonly Scope[] },
): Right<TokenUser> {
  return {
    name,
    admit: async (context) => {
      const credential = readCredential(context, { takesJobTokenHeader: false })
      const principal = await identify(context, { access, credential, kind: 'ordinary' })
      if (principal.kind !== 'user' || credential?.kind !== 'personal') throw unauthenticated(credential)
      if (scopes === undefined || hasScope(principal, scopes)) return principal
      throw accessErrors('access.forbidden', 'the scopes of the token do not allow that', {
        hint: `use a token with the scope ${scopes.join(' or ')}`,
      })
    },
  }
}

/** A running job, by its own token. Throws as `admit` does. */
export function runningJob(access: Access): Right<JobUser> {
  return {
    name: 'own job token',
    admit: async (context) => {
      const credential = readCredential(context, { takesJobTokenHeader: true })
      const principal = await identify(context, { access, credential, kind: 'ordinary' })
      if (principal.kind === 'job') return principal
      throw accessErrors('access.unauthenticated', 'the request has no job token', {
        hint: 'send the token of a running job in the header JOB-TOKEN',
      })
    },
  }
}

interface Identification {
  readonly access: Access
  readonly credential: Credential | undefined
  readonly kind: RouteKind
}

/**
 * As in GitLab, where a package is asked for: a wrong personal token is nobody's, who may still read what is public; a
 * wrong job token is refused. Throws `access.too-many-tries`.
 */
export async function identify(
  context: Context,
  { access, credential, kind }: Identification,
): Promise<Principal> {
  if (credential === undefined) return ANONYMOUS
  const principal = await access.authenticate(credential, clientOf(context))
  noteOnRequest(
    context,
    principal === undefined ? { credential: credential.kind } : principalFields(principal),
  )
  const isRefused = credential.kind === 'job' || kind === 'ordinary'
  if (principal === undefined && isRefused) throw unauthenticated(credential)
  return principal ?? ANONYMOUS
}

export function unauthenticated(credential: Credential | undefined, jobTokenHeader?: string): WheelsealError {
  if (credential === undefined && jobTokenHeader !== undefined)
    return accessErrors('access.unauthenticated', 'this route does not accept the header JOB-TOKEN', {
      hint: `send the job token as the password of the user ${JOB_TOKEN_USER}, such as TWINE_USERNAME and TWINE_PASSWORD`,
    })
  if (credential === undefined) return accessErrors('access.unauthenticated', 'the request has no credential')
  const what = credential.kind === 'personal' ? 'token' : `${credential.kind} token`
  return accessErrors('access.unauthenticated', `the ${what} is wrong, expired or revoked`)
}

/** A number, or a path with at least one slash, which clients write as %2F. */
export function readProjectId(text: string): number | string {
  return /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : text
}

/** GitLab's failures, and for a 401 the challenge upon which clients send what they have. */
export function registryFailures(log: Log): ErrorHandler {
  return challenging(failures(log, renderProblem))
}

/** The same failures, each 401 with the challenge. */
export function challenging(render: ErrorHandler): ErrorHandler {
  return async (error, context) => {
    const response = await render(error, context)
    if (response.status === 401) response.headers.set('WWW-Authenticate', CHALLENGE)
    return response
  }
}

/** Who did it, for the log. */
export function principalFields(principal: Principal): {
  readonly user?: string
  readonly job?: number
  readonly token?: number
} {
  if (principal.kind === 'anonymous') return {}
  if (principal.kind === 'publisher') return principal.jobId === null ? {} : { job: principal.jobId }
  const user = principal.user.login
  return principal.kind === 'job' ? { user, job: principal.jobId } : { user, token: principal.tokenId }
}

/** Who did it, for what is kept. */
export function makerOf(principal: Principal): Maker {
  if (principal.kind === 'anonymous') return { userId: null, jobId: null }
  if (principal.kind === 'publisher') return { userId: null, jobId: principal.jobId }
  return { userId: principal.user.id, jobId: principal.kind === 'job' ? principal.jobId : null }
}
