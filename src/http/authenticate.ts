import type { Context, ErrorHandler } from 'hono'
import {
  accessErrors,
  ANONYMOUS,
  isAdministrator,
  JOB_TOKEN_USER,
  type Access,
  type Action,
  type Credential,
  type Principal,
  type Project,
} from '../access/index.ts'
import { decodeBase64, utf8Decode, type Log, type WheelsealError } from '../base/index.ts'
import type { Maker } from '../registry/index.ts'
import { failures, renderProblem } from './failures.ts'
import { noteOnRequest } from './request-log.ts'
import type { Bindings, Right } from './route.ts'

interface Admission {
  readonly access: Access
  readonly action: Action
  /** GitLab takes the header JOB-TOKEN on its generic routes and not on those of PyPI. */
  readonly takesJobTokenHeader: boolean
}

export interface Admitted {
  readonly principal: Principal
  readonly project: Project
}

const CHALLENGE = 'Basic realm="GitLab Packages Registry"'

/** For each action the right to it in the project `:id` of the path. */
export function projectRights(
  access: Access,
  carriers: Pick<Admission, 'takesJobTokenHeader'>,
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
  const { access, action } = admission
  const asked = context.req.param('id') ?? ''
  noteOnRequest(context, { project: asked })
  const credential = readCredential(context, admission)
  const principal = await identify(context, access, credential)
  const project = await access.findProject(readProjectId(asked))
  if (project !== undefined) noteOnRequest(context, { project: project.path })
  if (project !== undefined && (await access.may(principal, action, project))) return { principal, project }
  if (principal.kind === 'anonymous') throw unauthenticated(credential, context.req.header('job-token'))
  if (project === undefined || !(await access.may(principal, 'read_project', project)))
    throw accessErrors(
      'access.unknown-project',
      'the project does not exist, or this credential may not see it',
    )
  throw accessErrors('access.forbidden', `this credential does not allow that in ${project.path}`)
}

/** What shows the whole server is for a personal token of an administrator, whatever its scope. Throws as `admit` does. */
export function administrator(access: Access): Right<void> {
  return { name: 'administrator', admit: (context) => admitAdministrator(context, access) }
}

async function admitAdministrator(context: Context<Bindings>, access: Access): Promise<void> {
  const credential = readCredential(context, { takesJobTokenHeader: false })
  const principal = await identify(context, access, credential)
  if (principal.kind === 'anonymous') throw unauthenticated(credential)
  if (isAdministrator(principal)) return
  throw accessErrors('access.forbidden', 'only administrators may do that', {
    hint: 'use a personal access token of an administrator',
  })
}

/** As in GitLab: a wrong personal token is nobody's, who may still read what is public; a wrong job token is refused. */
async function identify(
  context: Context,
  access: Access,
  credential: Credential | undefined,
): Promise<Principal> {
  if (credential === undefined) return ANONYMOUS
  const principal = await access.authenticate(credential)
  noteOnRequest(
    context,
    principal === undefined ? { credential: credential.kind } : principalFields(principal),
  )
  if (principal === undefined && credential.kind === 'job') throw unauthenticated(credential)
  return principal ?? ANONYMOUS
}

function unauthenticated(credential: Credential | undefined, jobTokenHeader?: string): WheelsealError {
  if (credential === undefined && jobTokenHeader !== undefined)
    return accessErrors('access.unauthenticated', 'this route does not accept the header JOB-TOKEN', {
      hint: `send the job token as the password of the user ${JOB_TOKEN_USER}, such as TWINE_USERNAME and TWINE_PASSWORD`,
    })
  if (credential === undefined) return accessErrors('access.unauthenticated', 'the request has no credential')
  const what = credential.kind === 'job' ? 'job token' : 'token'
  return accessErrors('access.unauthenticated', `the ${what} is wrong, expired or revoked`)
}

function readCredential(
  context: Context,
  { takesJobTokenHeader }: Pick<Admission, 'takesJobTokenHeader'>,
): Credential | undefined {
  const job = takesJobTokenHeader ? context.req.header('job-token') : undefined
  if (job !== undefined) return { kind: 'job', token: job }
  const personal = context.req.header('private-token')
  if (personal !== undefined) return { kind: 'personal', token: personal }
  const authorization = context.req.header('authorization')
  return authorization === undefined ? undefined : readAuthorization(authorization)
}

function readAuthorization(header: string): Credential {
  const [, scheme = '', text = ''] = /^(basic|bearer) +([^ ]+)$/i.exec(header) ?? []
  if (scheme.toLowerCase() === 'bearer') return { kind: 'personal', token: text }
  if (scheme.toLowerCase() === 'basic') return readBasic(text)
  throw accessErrors('access.unauthenticated', 'the header Authorization is neither Basic nor Bearer')
}

/** RFC 7617: the user ends at the first colon. Only the user gitlab-ci-token brings a job token. */
function readBasic(text: string): Credential {
  const pair = decodeBasic(text)
  const colon = pair.indexOf(':')
  if (colon < 0) throw accessErrors('access.unauthenticated', 'the Basic credential has no colon')
  const [user, token] = [pair.slice(0, colon), pair.slice(colon + 1)]
  return { kind: user === JOB_TOKEN_USER ? 'job' : 'personal', token }
}

function decodeBasic(text: string): string {
  try {
    return utf8Decode(decodeBase64(text))
  } catch {
    throw accessErrors('access.unauthenticated', 'the Basic credential is not base64-encoded UTF-8')
  }
}

/** A number, or a path with at least one slash, which clients write as %2F. */
function readProjectId(text: string): number | string {
  return /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : text
}

/** GitLab's failures, and for a 401 the challenge upon which clients send what they have. */
export function registryFailures(log: Log): ErrorHandler {
  const render = failures(log, renderProblem)
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
  const user = principal.user.login
  return principal.kind === 'job' ? { user, job: principal.jobId } : { user, token: principal.tokenId }
}

/** Who did it, for what is kept. */
export function makerOf(principal: Principal): Maker {
  if (principal.kind === 'anonymous') return { userId: null, jobId: null }
  return { userId: principal.user.id, jobId: principal.kind === 'job' ? principal.jobId : null }
}
