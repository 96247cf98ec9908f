import { Hono, type Context } from 'hono'
import type { Log } from '../base/index.ts'
import { isName, normalizeName } from '../formats/python/index.ts'
import { gateErrors, type AskedFile, type FileAnswer, type Gate, type Refused } from '../gate/index.ts'
import { failures, renderProblem, type ClientFailure } from './failures.ts'
import { fileResponse } from './file-response.ts'
import { sendGateNames, sendGatePage } from './gate-page.ts'
import { isForPeople, placeOf, sendWhyRefusal, sendWhyRelease, type GatePages } from './gate-why.ts'
import { sayInStatusLine } from './reason-phrase.ts'
import { noteOnRequest } from './request-log.ts'
import { routesOn, type Bindings, type Right } from './route.ts'

/** A gate, and who may read it. */
export interface ServedGate {
  readonly gate: Gate
  readonly readers: Right<unknown>
}

export interface GateRoutesParts {
  readonly gates: readonly ServedGate[]
  readonly pages: GatePages
  readonly log: Log
}

/** Verifying indexes, each below `/gate/NAME`: simple pages, files with their metadata and provenance, and why. */
export function gateRoutes({ gates, pages, log }: GateRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(failures(log, (context, failure) => renderFailure(context, failure, pages)))
  const route = routesOn(app)
  for (const { gate, readers } of gates) {
    const base = `/gate/${gate.name}`
    const why = { gate, pages }
    route.get(`${base}/why/:id{[0-9a-f]{8}}`, readers, (context) => sendWhyRefusal(context, why))
    route.get(`${base}/why/:name/:version`, readers, (context) => sendWhyRelease(context, why))
    for (const slash of ['', '/']) {
      route.get(`${base}/simple${slash}`, readers, (context) => sendGateNames(context, gate))
      route.get(`${base}/simple/:name${slash}`, readers, (context) => sendName(context, gate))
    }
    for (const place of ['files', 'recalled'])
      route.get(`${base}/${place}/:upstream/*`, readers, (context) =>
        sendFile(context, why, `${base}/${place}/`),
      )
  }
  return app
}

/** Pages of the simple index are for installers, whatever they accept beside. */
function renderFailure(context: Context<Bindings>, failure: ClientFailure, pages: GatePages): Response {
  const { path } = context.req
  const [, , name = '', place] = path.split('/')
  const isPage = isForPeople(context) && place !== 'simple'
  return isPage
    ? pages.problem(failure, placeOf(context, { name }, failure.status))
    : renderProblem(context, failure)
}

/** One canonical path for each page: anything else is told where that is, on this gate and nowhere else. */
async function sendName(context: Context<Bindings>, gate: Gate): Promise<Response> {
  const given = context.req.param('name') ?? ''
  const name = nameOf(given)
  const path = context.req.path
  const canonical = `/gate/${gate.name}/simple/${name}/`
  if (path !== canonical) return context.redirect(path.endsWith('/') ? `../${name}/` : `${name}/`, 301)
  return sendGatePage(context, await gate.page(name))
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

interface Answering {
  readonly gate: Gate
  readonly pages: GatePages
}

async function sendFile(context: Context<Bindings>, answering: Answering, base: string): Promise<Response> {
  const asked = askedFile(context, base)
  const answer = await answering.gate.file(asked)
  if (answer.kind === 'refused') return sendRefusal(context, answering, answer)
  const response = await sendAnswer(context, answer)
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
  for (const [kind, ending] of ENDINGS)
    if (path.endsWith(ending)) return { upstream, path: path.slice(0, -ending.length), kind }
  return { upstream, path, kind: 'file' }
}

type Served = Exclude<FileAnswer, Refused>

async function sendAnswer(context: Context<Bindings>, answer: Served): Promise<Response> {
  const { fileName, sha256 } = answer
  if (answer.kind === 'kept') return fileResponse(context, { fileName, sha256 }, answer.blob)
  if (answer.kind === 'small') {
    const { bytes } = answer
    const blob = {
      size: bytes.length,
      stream: (range?: { start: number; end: number }) => slice(bytes, range),
    }
    return fileResponse(context, { fileName, sha256 }, blob)
  }
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${fileName}"`,
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Accept-Ranges': 'bytes',
    ETag: `"${sha256}"`,
    ...(answer.sizeBytes === null ? {} : { 'Content-Length': String(answer.sizeBytes) }),
  }
  const body = context.req.method === 'HEAD' ? null : ReadableStream.from(answer.bytes())
  return new Response(body, { headers })
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
  { gate, pages }: Answering,
  { status, code, id, sentence }: Refused,
): Promise<Response> {
  sayInStatusLine(context.env, sentence)
  noteOnRequest(context, { code, reason: sentence })
  if (isForPeople(context)) return pages.why(await gate.refusal(id), placeOf(context, gate, status))
  const headers = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    Vary: 'Accept',
  }
  const problem = { title: `refused by gate ${gate.name}`, status, detail: sentence, code }
  return Response.json(problem, { status, headers })
}
