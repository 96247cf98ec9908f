import { Hono, type Context } from 'hono'
import { describeError, type Log } from '../base/index.ts'
import { isName, normalizeName } from '../formats/python/index.ts'
import {
  gateErrors,
  type AskedFile,
  type FileAnswer,
  type Gate,
  type GateReader,
  type Refused,
} from '../gate/index.ts'
import { failures, renderProblem, type ClientFailure } from './failures.ts'
import { fileHeaders, fileResponse, isKnown } from './file-response.ts'
import { findsNow } from './at-once.ts'
import { challenging } from './authenticate.ts'
import { gateAnswersNow } from './gate-now.ts'
import { sendGateNames, sendGatePage } from './gate-page.ts'
import { isForPeople, placeOf, sendWhyRefusal, sendWhyRelease, type GatePages } from './gate-why.ts'
import { sayInStatusLine } from './reason-phrase.ts'
import { noteOnRequest } from './request-log.ts'
import { anyone, routesOn, type Bindings, type Right } from './route.ts'

/** A gate, and who may read it. */
export interface ServedGate {
  readonly gate: Gate
  /** Finds who asks, where not everybody may read all of it. */
  readonly readers: Right<GateReader | undefined>
}

export interface GateRoutesParts {
  readonly gates: readonly ServedGate[]
  readonly pages: GatePages
  readonly log: Log
}

/** Verifying indexes, each below `/gate/NAME`: simple pages, files with their metadata and provenance, and why. */
export function gateRoutes({ gates, pages, log }: GateRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(challenging(failures(log, (context, failure) => renderFailure(context, failure, pages))))
  const route = routesOn(app)
  for (const { gate, readers } of gates) {
    const base = `/gate/${gate.name}`
    const why = { gate, pages }
    route.get(`${base}/why/:id`, readers, (context, reader) => sendWhyRefusal(context, { ...why, reader }))
    route.get(`${base}/why/:name/:version`, readers, (context, reader) =>
      sendWhyRelease(context, { ...why, reader }),
    )
    route.get(`${base}/simple/`, readers, (context, reader) => sendGateNames(context, gate, reader))
    // Its links are relative.
    route.get(`${base}/simple`, readers, (context) => context.redirect('simple/', 301))
    for (const slash of ['', '/'])
      route.get(`${base}/simple/:name${slash}`, readers, (context, reader) => sendName(context, gate, reader))
    for (const place of ['files', 'recalled'])
      route.get(`${base}/${place}/:upstream/*`, readers, (context, reader) =>
        sendFile(context, { gate, pages, log, base: `${base}/${place}/`, reader }),
      )
  }
  // Where a right has to be shown, its route looks at it.
  const open = gates.filter(({ readers }) => readers === anyone).map(({ gate }) => gate)
  findsNow(app, gateAnswersNow(open))
  return app
}

/** Pages of the simple index are for installers, whatever they accept. Another answer may be right a moment later. */
function renderFailure(context: Context<Bindings>, failure: ClientFailure, pages: GatePages): Response {
  const { path } = context.req
  const [, , name = '', place] = path.split('/')
  const isPage = isForPeople(context) && place !== 'simple'
  const response = isPage
    ? pages.problem(failure, placeOf(context, { name }, failure.status))
    : renderProblem(context, failure)
  response.headers.set('Cache-Control', 'no-store')
  return response
}

/** One canonical path for each page: anything else is told where that is, on this gate and nowhere else. */
async function sendName(
  context: Context<Bindings>,
  gate: Gate,
  reader: GateReader | undefined,
): Promise<Response> {
  const given = context.req.param('name') ?? ''
  const name = nameOf(given)
  const path = context.req.path
  const canonical = `/gate/${gate.name}/simple/${name}/`
  if (path !== canonical) return context.redirect(path.endsWith('/') ? `../${name}/` : `${name}/`, 301)
  return sendGatePage(context, await gate.page(name, reader))
}

/** Throws `gate.unknown`. */
function nameOf(given: string): string {
  if (isName(given)) return normalizeName(given)
  throw gateErrors('gate.unknown', 'that is not the name of a package')
}

const ENDINGS = [
  ['metadata', '.metadata'],
  ['provenance', '.provenance'],
] as const

interface FileRoute {
  readonly gate: Gate
  readonly pages: GatePages
  readonly log: Log
  readonly base: string
  readonly reader: GateReader | undefined
}

async function sendFile(context: Context<Bindings>, answering: FileRoute): Promise<Response> {
  const asked = askedFile(context, answering.base)
  const answer = await answering.gate.file(asked, answering.reader)
  if (answer.kind === 'refused') return sendRefusal(context, answering, answer)
  const response = await sendAnswer(context, answer, answering.log)
  if (response instanceof Response) return served(response, answer)
  return sendRefusal(context, answering, response)
}

function served(response: Response, answer: Served): Response {
  response.headers.set('Cache-Control', 'no-cache')
  if (answer.wouldRefuse !== null) response.headers.set('Wheelseal-Would-Refuse', answer.wouldRefuse)
  return response
}

/** The path as it was written: it is compared with what the page links to, and never resolved. */
function askedFile(context: Context<Bindings>, base: string): AskedFile {
  const written = new URL(context.req.url).pathname
  const rest = written.slice(base.length)
  const slash = rest.indexOf('/')
  const [upstream, path] = [rest.slice(0, slash), rest.slice(slash + 1)]
  const isHead = context.req.method === 'HEAD'
  for (const [kind, ending] of ENDINGS)
    if (path.endsWith(ending)) return { upstream, path: path.slice(0, -ending.length), kind, isHead }
  return { upstream, path, kind: 'file', isHead }
}

type Served = Exclude<FileAnswer, Refused>

async function sendAnswer(context: Context<Bindings>, answer: Served, log: Log): Promise<Response | Refused> {
  if (answer.kind === 'arriving') return sendArriving(context, answer, log)
  const { fileName, sha256 } = answer
  const file = { fileName, sha256, isElsewhere: true }
  if (answer.kind === 'kept') return fileResponse(context, file, answer.blob)
  const blob = {
    size: answer.bytes.length,
    stream: (range?: { start: number; end: number }) => slice(answer.bytes, range),
  }
  return fileResponse(context, file, blob)
}

/** Whole, whatever range is asked for: nobody gets the end of a file before all of it was judged. */
async function sendArriving(
  context: Context<Bindings>,
  { fileName, sha256, sizeBytes, begin }: Served & { readonly kind: 'arriving' },
  log: Log,
): Promise<Response | Refused> {
  const headers = fileHeaders({ fileName, sha256 })
  if (isKnown(context, headers.ETag)) return new Response(null, { status: 304, headers })
  const long = sizeBytes === null ? headers : { ...headers, 'Content-Length': String(sizeBytes) }
  if (context.req.method === 'HEAD') return new Response(null, { headers: long })
  const bytes = await begin()
  if ('kind' in bytes) return bytes
  const cut = (error: unknown): void => {
    context.env.outgoing.destroy()
    log.event('gate.file-cut', { fileName, reason: describeError(error) }, 'warn')
  }
  const parts = cutWhereItFails(bytes, cut)
  const isSmall = sizeBytes !== null && sizeBytes <= HELD_BYTES
  return new Response(isSmall ? await wholeOf(parts) : ReadableStream.from(parts), { headers: long })
}

/** Of a file that is no longer, no byte comes before all were judged: a stream would cost more than the file. */
const HELD_BYTES = 64 << 10

async function wholeOf(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

/**
 * What goes wrong in the middle cuts the connection, which is all that a client can be told then, and stands in the log:
 * a stream that fails would put its error on the standard error of the process, or into the answer.
 */
function cutWhereItFails(
  bytes: AsyncIterable<Uint8Array>,
  cut: (error: unknown) => void,
): AsyncIterable<Uint8Array> {
  const parts = bytes[Symbol.asyncIterator]()
  const next = (): Promise<IteratorResult<Uint8Array>> =>
    parts.next().catch((error: unknown) => {
      cut(error)
      return { done: true, value: undefined }
    })
  const end = (): Promise<IteratorResult<Uint8Array>> =>
    parts.return?.() ?? Promise.resolve({ done: true, value: undefined })
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) }
}

async function* slice(
  bytes: Uint8Array,
  range?: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array> {
  yield range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)
}

/**
 * The sentence in every carrier that a client shows: the status line, the problem (RFC 9457) that uv prints, the page's
 * yank. A browser gets the page that the sentence links to.
 */
async function sendRefusal(
  context: Context<Bindings>,
  { gate, pages, reader }: FileRoute,
  { status, code, id, sentence }: Refused,
): Promise<Response> {
  sayInStatusLine(context.env, sentence)
  noteOnRequest(context, { code, reason: sentence })
  if (isForPeople(context)) return pages.why(await gate.refusal(id, reader), placeOf(context, gate, status))
  const headers = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    Vary: 'Accept',
  }
  const problem = { title: `refused by gate ${gate.name}`, status, detail: sentence, code }
  return Response.json(problem, { status, headers })
}
