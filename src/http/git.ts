import { Hono, type Context } from 'hono'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { RESERVED_GROUPS } from '../access/index.ts'
import { describeError, joinBytes, type Log, type RunningProcess } from '../base/index.ts'
import { FLUSH, packet, repositoryErrors, type Serving } from '../repositories/index.ts'
import type { Admitted } from './authenticate.ts'
import { readBody } from './body.ts'
import { failures, type ClientFailure } from './failures.ts'
import { answer, checkType, sayEnd, sentenceOfBusy, type GitRoutesParts } from './git-answers.ts'
import { receivePush } from './git-push.ts'
import { gitPushRight, gitRight } from './git-rights.ts'
import { routesOn, type Bindings } from './route.ts'

const NO_GROUP = RESERVED_GROUPS.join('|').replaceAll('.', String.raw`\.`)
const GROUP = `/:group{(?!(?:${NO_GROUP})$)[A-Za-z0-9_][A-Za-z0-9_.-]*}`
/** What a client has and wants: a hash in 50 bytes. */
const MAX_NEGOTIATION_BYTES = 8 << 20
/** git asks its user for a name and a token upon this. */
const CHALLENGE = 'Basic realm="GitLab"'

/** git's smart HTTP protocol (gitprotocol-http(5)), versions 0, 1 and 2. */
export function gitRoutes(parts: GitRoutesParts): Hono<Bindings> {
  const { access, log } = parts
  const app = new Hono<Bindings>()
  const render = failures(log, renderText)
  app.onError(async (error, context) => {
    const response = await render(error, context)
    if (response.status === 401) response.headers.set('WWW-Authenticate', CHALLENGE)
    return response
  })
  const route = routesOn(app)
  const asked = gitRight(access, (context) =>
    serviceOf(context) === 'receive-pack' ? 'push_code' : 'download_code',
  )
  const download = gitRight(access, () => 'download_code')
  const push = gitPushRight(access)
  route.get(`${GROUP}/:rest{.+/info/refs}`, asked, (context, who) => advertise(context, who, parts))
  route.post(`${GROUP}/:rest{.+/git-upload-pack}`, download, (context, who) => upload(context, who, parts))
  route.post(`${GROUP}/:rest{.+/git-receive-pack}`, push, (context, who) => receivePush(context, who, parts))
  return app
}

/** git shows a body of this type to its user, line by line. */
function renderText(_context: Context, { status, message, hint }: ClientFailure): Response {
  return new Response(`${message}; ${hint}\n`, {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  })
}

function serviceOf(context: Context): 'upload-pack' | 'receive-pack' | undefined {
  const service = context.req.query('service')
  if (service === 'git-upload-pack') return 'upload-pack'
  return service === 'git-receive-pack' ? 'receive-pack' : undefined
}

async function advertise(
  context: Context<Bindings>,
  who: Admitted,
  parts: GitRoutesParts,
): Promise<Response> {
  const service = serviceOf(context)
  if (service === undefined)
    throw repositoryErrors('repositories.request', 'the dumb HTTP protocol of git is not served')
  const { project, principal } = who
  const { git } = parts.repositories
  await git.ensure(project.id, project)
  if (principal.kind === 'job') await showPipeline(principal.jobId, who, parts)
  const type = `git-${service}-advertisement`
  if (context.req.method === 'HEAD') return answer(context, { type, bytes: none() })
  const version = service === 'upload-pack' ? versionOf(context) : undefined
  const process = await serve(context, parts.repositories, {
    projectId: project.id,
    service,
    isAdvertisement: true,
    version,
  })
  process.endInput()
  const start = version === 2 ? new Uint8Array() : joinBytes([packet(`# service=git-${service}\n`), FLUSH])
  return answer(context, { type, bytes: printed(process, start, parts.log) })
}

async function* none(): AsyncGenerator<Uint8Array> {
  // An answer without a body.
}

interface Asked extends Omit<Serving, 'version'> {
  readonly projectId: number
  readonly version: 1 | 2 | undefined
}

/** It ends when its answer does, or its client. */
async function serve(
  context: Context<Bindings>,
  { git }: GitRoutesParts['repositories'],
  { projectId, version, ...serving }: Asked,
): Promise<RunningProcess> {
  const asked = { ...serving, ...(version === undefined ? {} : { version }) }
  const process = await git.serve(projectId, asked)
  const { outgoing } = context.env
  if (outgoing.destroyed) process.kill()
  outgoing.once('close', () => process.kill())
  return process
}

/** The ref by which a runner fetches: whatever cut its making, it is there before anybody can ask for it. */
async function showPipeline(jobId: number, { project }: Admitted, parts: GitRoutesParts): Promise<void> {
  const origin = await parts.pipelines.originOfJob(jobId)
  if (origin === undefined || origin.projectId !== project.id) return
  const { git } = parts.repositories
  if ((await git.commit(project.id, origin.sha)) === undefined) return
  await git.setPipelineRef(project.id, { id: origin.pipelineId, sha: origin.sha })
}

function versionOf(context: Context): 1 | 2 | undefined {
  const asked = (context.req.header('git-protocol') ?? '').split(':')
  if (asked.includes('version=2')) return 2
  return asked.includes('version=1') ? 1 : undefined
}

/** Read whole before git is started: a client that takes its time holds no process. */
async function upload(context: Context<Bindings>, who: Admitted, parts: GitRoutesParts): Promise<Response> {
  checkType(context, 'application/x-git-upload-pack-request')
  const input = await unpacked(context, await readBody(context, MAX_NEGOTIATION_BYTES))
  await parts.repositories.git.ensure(who.project.id, who.project)
  const type = 'git-upload-pack-result'
  const asked = { projectId: who.project.id, service: 'upload-pack', isAdvertisement: false } as const
  const process = await serve(context, parts.repositories, { ...asked, version: versionOf(context) }).catch(
    (error: unknown) => errorPacket(error),
  )
  if (process instanceof Uint8Array) return answer(context, { type, bytes: once(process) })
  void process.write(input).then(() => process.endInput())
  return answer(context, {
    type,
    bytes: printed(process, new Uint8Array(), parts.log),
  })
}

/** git shows its user no body of a 503 to a fetch, and what follows ERR (gitprotocol-pack(5)). */
function errorPacket(error: unknown): Uint8Array {
  const sentence = sentenceOfBusy(error)
  if (sentence === undefined) throw error
  return packet(`ERR ${sentence}\n`)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

const inflate = promisify(gunzip)

async function unpacked(context: Context, bytes: Uint8Array): Promise<Uint8Array> {
  const encoding = context.req.header('content-encoding') ?? 'identity'
  if (encoding === 'identity') return bytes
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    throw repositoryErrors('repositories.request', 'the body is encoded in another way than gzip')
  try {
    return await inflate(bytes, { maxOutputLength: MAX_NEGOTIATION_BYTES })
  } catch (cause) {
    throw repositoryErrors('repositories.request', `the body cannot be unpacked: ${describeError(cause)}`, {
      cause,
    })
  }
}

async function* printed(process: RunningProcess, start: Uint8Array, log: Log): AsyncGenerator<Uint8Array> {
  try {
    if (start.length > 0) yield start
    yield* process.output
  } finally {
    process.kill()
    await sayEnd(process, log)
  }
}
