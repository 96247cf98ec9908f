import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { describeError, WheelsealError, type HttpRequest, type HttpResponse } from '../base/index.ts'
import { netErrors } from './errors.ts'
import { nodeHttp, nodeHttps } from './node-http.ts'
import { responseOf } from './response.ts'

const DEFAULT_TIMEOUT_MS = 30_000
const USER_AGENT = 'wheelseal'

export interface Route {
  /** `false`: a connection of its own, which ends with its answer. */
  readonly agent?: Agent | false
  readonly socketPath?: string
  readonly maxHeaderSize?: number
}

/** Throws `net.url`; the error shows no more of the URL than is safe to show. */
export function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw netErrors('net.url', 'not a URL')
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw netErrors('net.url', `the URL has the scheme ${url.protocol.slice(0, -1)}`)
  }
  if (url.username !== '' || url.password !== '')
    throw netErrors('net.url', `the URL of ${url.host} contains credentials`)
  return url
}

/** One exchange over a given route. The time allowed covers the whole of it, the reading of the body included. */
export async function exchange(url: URL, request: HttpRequest, route: Route): Promise<HttpResponse> {
  const timeout = AbortSignal.timeout(request.timeoutMs ?? DEFAULT_TIMEOUT_MS)
  const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout])
  const translate = (error: unknown): unknown => failureOf(error, { url, signal, timeout })
  try {
    signal.throwIfAborted()
    const sent = send(url, optionsOf(request, route, signal))
    return responseOf(await answered(sent, request.body), translate)
  } catch (error) {
    throw translate(error)
  }
}

function send(url: URL, options: RequestOptions): ClientRequest {
  return (url.protocol === 'https:' ? nodeHttps() : nodeHttp()).request(url, options)
}

function optionsOf(request: HttpRequest, route: Route, signal: AbortSignal): RequestOptions {
  const length = request.body instanceof Uint8Array ? { 'content-length': `${request.body.length}` } : {}
  return {
    ...route,
    method: request.method,
    headers: { 'user-agent': USER_AGENT, ...length, ...request.headers },
    signal,
  }
}

/**
 * A server may answer before it has read everything (401, 413) and close: then the answer counts, not the broken
 * pipe of what was still being sent.
 */
async function answered(sent: ClientRequest, body: HttpRequest['body']): Promise<IncomingMessage> {
  let isAnswered = false
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', (message) => {
      isAnswered = true
      resolve(message)
    })
    sent.on('error', reject)
  })
  const sending = sendBody(sent, body).catch((error: unknown) => {
    if (!isAnswered) sent.destroy(error instanceof Error ? error : new Error(describeError(error)))
  })
  const message = await response
  if (message.complete) await sending
  return message
}

async function sendBody(sent: ClientRequest, body: HttpRequest['body']): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) {
    sent.end(body)
    return
  }
  for await (const part of body) {
    if (sent.destroyed) return
    if (!sent.write(part)) await roomToWrite(sent)
  }
  sent.end()
}

function roomToWrite(sent: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const proceed = (): void => {
      sent.off('drain', proceed).off('close', proceed)
      resolve()
    }
    sent.on('drain', proceed).on('close', proceed)
  })
}

interface Circumstances {
  readonly url: URL
  readonly signal: AbortSignal
  readonly timeout: AbortSignal
}

/** What a caller sees: its own reason when it aborted, a failure of this room otherwise. Never the query: tokens stand in some. */
function failureOf(error: unknown, { url, signal, timeout }: Circumstances): unknown {
  const where = `${url.origin}${url.pathname}`
  if (timeout.aborted && signal.reason === timeout.reason)
    return netErrors('net.timeout', `${where} took too long`)
  if (signal.aborted) return signal.reason
  if (error instanceof WheelsealError) return error
  return netErrors('net.unreachable', `${where}: ${reasonOf(error)}`, { cause: error, ...hintOf(error, url) })
}

const UNKNOWN_AUTHORITY =
  'set SSL_CERT_FILE to a PEM file with the certificate of the authority that issued it'

/** Of Node's and OpenSSL's codes. */
const HINTS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  ERR_TLS_CERT_ALTNAME_INVALID: 'use a host name that is in the certificate',
}
const PLAIN_HINT = 'check that the service runs, and whether its URL begins with https://'

/** Where more is known than that no answer came. */
function hintOf(error: unknown, { protocol }: URL): { readonly hint?: string } {
  const code = codeOf(error)
  const hint = code === 'ECONNRESET' && protocol === 'http:' ? PLAIN_HINT : HINTS[code]
  return hint === undefined ? {} : { hint }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** Where a name has several addresses Node throws one error for all, with an empty message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describeError).join('; ')
  const reason = describeError(error)
  // Node goes on with a flag of its own, which the user, who started wheelseal, cannot know.
  return HINTS[codeOf(error)] === UNKNOWN_AUTHORITY ? reason.replace(/; if the root CA.*$/, '') : reason
}
