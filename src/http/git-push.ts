import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { RunningProcess } from '../base/index.ts'
import {
  beginPush,
  readPushHead,
  refusalOf,
  refusedReport,
  ReportReader,
  repositoryErrors,
  type PushHead,
  type PushRights,
} from '../repositories/index.ts'
import type { Admitted } from './authenticate.ts'
import { streamBody } from './body-stream.ts'
import { answer, checkType, sayEnd, sentenceOfBusy, type GitRoutesParts } from './git-answers.ts'
import { Screen } from './git-screen.ts'
import type { Bindings } from './route.ts'

const RESULT = 'git-receive-pack-result'
/** What a client may still send of a push that git refuses for its size, so that it reads why. */
const DRAINED_TIMES = 4

type Body = AsyncIterator<Uint8Array>

/** `git push`: judged by its head, then git's, then its pipelines. */
export async function receivePush(
  context: Context<Bindings>,
  who: Admitted,
  parts: GitRoutesParts,
): Promise<Response> {
  checkType(context, 'application/x-git-receive-pack-request')
  const body = bodyOf(context, parts.maxPushBytes * DRAINED_TIMES)
  const head = await headOf(body)
  // git asks with an empty push whether its credential is good, before a large one.
  if (head.commands.length === 0) return answer(context, { type: RESULT, bytes: nothing() })
  const rights = await rightsOf(who, parts)
  const sentence = refusalOf(head.commands, rights)
  const bytes =
    sentence === undefined
      ? await taken(context, { who, parts, head, body, rights })
      : refused(body, { sentence, head })
  return answer(context, { type: RESULT, bytes })
}

/** git shows its user no body of a 503 to a push, and the sentence of a report. */
async function taken(context: Context<Bindings>, push: Push): Promise<AsyncIterable<Uint8Array>> {
  const { body, head } = push
  try {
    return pushed(context, push, await startGit(push))
  } catch (error) {
    const sentence = sentenceOfBusy(error)
    if (sentence === undefined) throw error
    return refused(body, { sentence, head })
  }
}

async function startGit({ who: { project }, parts, rights }: Push): Promise<RunningProcess> {
  const { git } = parts.repositories
  await git.ensure(project.id, project)
  const { protectedRef } = rights
  return git.serve(project.id, { service: 'receive-pack', isAdvertisement: false, protectedRef })
}

async function headOf(body: Body): Promise<PushHead> {
  try {
    return await readPushHead(body)
  } catch (error) {
    await body.return?.()
    throw error
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // An answer without a body.
}

/** A large body comes in chunks as it is; git compresses small ones. */
function bodyOf(context: Context<Bindings>, maxBytes: number): Body {
  const bytes = streamBody(context, maxBytes)
  const encoding = context.req.header('content-encoding') ?? 'identity'
  if (encoding === 'identity') return bytes[Symbol.asyncIterator]()
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    throw repositoryErrors('repositories.request', 'the body is encoded in another way than gzip')
  // Both end with whoever stops reading; how is told by the reading.
  const inflater = pipeline(Readable.from(bytes), createGunzip(), () => undefined)
  return capped(inflater, maxBytes)
}

async function* capped(bytes: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const part of bytes) {
    size += part.length
    if (size > maxBytes)
      throw repositoryErrors('repositories.too-large', `the push unpacks to more than ${maxBytes} bytes`)
    yield part
  }
}

async function rightsOf({ principal, project }: Admitted, { access }: GitRoutesParts): Promise<PushRights> {
  return {
    protectedRef: `refs/heads/${project.defaultBranch}`,
    mayPushProtected: await access.may(principal, 'push_protected_code', project),
  }
}

/** The objects are read and thrown away: a client that cannot send them does not read the answer. */
async function* refused(
  body: Body,
  { sentence, head }: { readonly sentence: string; readonly head: PushHead },
): AsyncGenerator<Uint8Array> {
  await drain(body)
  yield refusedReport(head.commands, { sentence, capabilities: head.capabilities })
}

async function drain(body: Body): Promise<void> {
  for (let next = await body.next(); next.done !== true; next = await body.next());
}

interface Push {
  readonly who: Admitted
  readonly parts: GitRoutesParts
  readonly head: PushHead
  readonly body: Body
  readonly rights: PushRights
}

/**
 * The answer begins before the objects are read: what git says of them is seen while they are sent. The work does not
 * hang on who reads the answer: a push whose client has gone is carried to its end once all of it was sent.
 */
function pushed(context: Context<Bindings>, push: Push, process: RunningProcess): AsyncIterable<Uint8Array> {
  const screen = new Screen()
  carryOut({ env: context.env, push, process }, screen)
    .catch((error: unknown) => {
      push.parts.log.failure('push.failed', error, { projectId: push.who.project.id })
      // Cut, so that its client does not take it for a whole answer.
      context.env.outgoing.destroy()
    })
    .finally(() => screen.end())
  return screen
}

interface Carried {
  readonly env: HttpBindings
  readonly push: Push
  readonly process: RunningProcess
}

async function carryOut({ env, push, process }: Carried, screen: Screen): Promise<void> {
  const { who, parts, head } = push
  const { repositories, log } = parts
  const { principal, project } = who
  try {
    if (principal.kind !== 'user') return
    const { user, within } = principal
    const pusher = within === undefined ? { user } : { user, within }
    const { commands, options } = head
    const begun = await beginPush(repositories, { project, pusher, commands, options })
    const report = new ReportReader({ isBanded: head.capabilities.has('side-band-64k') })
    const fed = feed(env, process, push)
    for await (const bytes of process.output) screen.show(report.add(bytes))
    await fed
    await sayEnd(process, log)
    const sentences = await begun.end(report.changed())
    screen.add(report.end(sentences))
  } finally {
    process.kill()
  }
}

/** Objects to git, no faster than it takes them. Who goes before all are sent takes git along. */
async function feed(
  { incoming }: HttpBindings,
  process: RunningProcess,
  { head, body }: Push,
): Promise<void> {
  try {
    let isTaken = await process.write(head.bytes)
    for (let next = await body.next(); next.done !== true; next = await body.next())
      if (isTaken) isTaken = await process.write(next.value)
  } catch {
    incoming.resume()
    process.kill()
  } finally {
    process.endInput()
  }
}
