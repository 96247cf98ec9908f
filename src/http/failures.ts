import type { Context, ErrorHandler } from 'hono'
import { maskTokens, WheelsealError, type Log } from '../base/index.ts'
import { sayInStatusLine } from './reason-phrase.ts'
import { noteOnRequest, requestIdOf } from './request-log.ts'

/** What a client may know of a failure. `code` is `http.internal` for what nobody foresaw. */
export interface ClientFailure {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly hint: string
  /** By which its line in the log is found; undefined where requests are not logged. */
  readonly requestId: string | undefined
}

const RETRY_AFTER_SECONDS = 1

type Render = (context: Context, failure: ClientFailure) => Response

/**
 * The error handler of a routes file. Failures with a code go to the client as `render` writes them, and their sentence
 * into the status line; anything else is logged with its stack and answered 500 without detail.
 */
export function failures(log: Log, render: Render = renderGitLab): ErrorHandler {
  return (error, context) => {
    const requestId = requestIdOf(context)
    const failure = failureOf(error)
    const { status, code, message, hint } = failure
    // Out of space, out of service: the client may know, and the operator must.
    if (status >= 500)
      log.failure(code, error, { requestId, method: context.req.method, path: context.req.path })
    noteOnRequest(context, { code, reason: message })
    const response = render(context, { ...failure, requestId })
    const retryAfter = retryAfterSeconds(error, status)
    if (retryAfter !== undefined) response.headers.set('Retry-After', String(retryAfter))
    // 503 invites to try again; here that would only cost time.
    if (error instanceof WheelsealError && error.lasts) response.headers.set('X-Wheelseal-Retry', 'no')
    sayInStatusLine(context.env, `${message}; ${hint}`)
    return response
  }
}

/** What is full now is written within a moment. */
function retryAfterSeconds(error: Error, status: number): number | undefined {
  const own = error instanceof WheelsealError ? error.retryAfterSeconds : undefined
  return status === 429 ? (own ?? RETRY_AFTER_SECONDS) : own
}

const INTERNAL: Omit<ClientFailure, 'requestId'> = {
  status: 500,
  code: 'http.internal',
  message: 'an internal error; it is in the log of the server',
  hint: 'look for the request id in the log of the server',
}

function failureOf(error: Error): Omit<ClientFailure, 'requestId'> {
  if (!(error instanceof WheelsealError) || error.status === 500) return INTERNAL
  const { status, code, hint } = error
  const message = maskTokens(error.message)
  return { status, code, message: status > 500 ? withoutPaths(message) : message, hint }
}

/** What the operating system says names files of the server, which are nobody else's business. */
export function withoutPaths(text: string): string {
  return text
    .replaceAll(/(['"`])\/[^'"`\n]*\1/g, '$1[file]$1')
    .replaceAll(/(^|[\s(=,:])\/(?!\/)[^\s'"`,;)]+/g, '$1[file]')
}

/** GitLab's shape, `{"message":"400 Bad request - …"}`, with our code and hint beside it. */
function renderGitLab(_context: Context, failure: ClientFailure): Response {
  return Response.json(gitLabBody(failure), { status: failure.status })
}

/**
 * The same as a problem (RFC 9457), which is how uv comes to print the sentence: of other JSON it shows a member `code`
 * and nothing else.
 */
export function renderProblem(_context: Context, failure: ClientFailure): Response {
  const { status, message, hint } = failure
  const problem = { title: REASONS[status] ?? 'Error', status, detail: `${message}; ${hint}` }
  const headers = { 'Content-Type': 'application/problem+json' }
  return Response.json({ ...problem, ...gitLabBody(failure) }, { status, headers })
}

function gitLabBody({ status, code, message, hint, requestId }: ClientFailure) {
  return { message: `${status} ${REASONS[status] ?? 'Error'} - ${message}`, code, hint, requestId }
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
}
