import {
  utf8,
  WheelsealError,
  type Http,
  type HttpRequest,
  type HttpResponse,
  type JsonValue,
} from '../base/index.ts'
import { errorWords } from './error-words.ts'
import { netErrors } from './errors.ts'

/** One call of a JSON service that answers with text. */
export interface ServiceCall {
  readonly method: 'GET' | 'POST'
  /** Of the service; the path is appended to its own. */
  readonly baseUrl: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: JsonValue
  /** Statuses that are no refusal. */
  readonly accepts: readonly number[]
  readonly maxBytes: number
}

export interface ServiceReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Throws `net.refused` with the service's own words for any other status; redirects are refused like that too. */
export async function callService(http: Http, call: ServiceCall): Promise<ServiceReply> {
  const url = `${call.baseUrl.replace(/\/+$/, '')}${call.path}`
  const request = {
    method: call.method,
    url,
    headers: { ...(call.json === undefined ? {} : { 'content-type': 'application/json' }), ...call.headers },
    ...(call.json === undefined ? {} : { body: utf8(JSON.stringify(call.json)) }),
  }
  const response = await accepted(http, request, call.accepts)
  const text = await capped(response.text(call.maxBytes), request, call.maxBytes)
  return { status: response.status, headers: response.headers, text }
}

/** The same for bytes in place of text, of a request as it is. */
export async function callForBytes(http: Http, request: HttpRequest, maxBytes: number): Promise<Uint8Array> {
  const response = await accepted(http, request, [200, 201])
  return capped(response.bytes(maxBytes), request, maxBytes)
}

async function accepted(
  http: Http,
  request: HttpRequest,
  statuses: readonly number[],
): Promise<HttpResponse> {
  const response = await http.request(request)
  if (statuses.includes(response.status)) return response
  throw netErrors('net.refused', `${request.url} answered ${response.status}: ${await errorWords(response)}`)
}

async function capped<T>(body: Promise<T>, { url }: HttpRequest, maxBytes: number): Promise<T> {
  try {
    return await body
  } catch (cause) {
    if (cause instanceof WheelsealError && cause.code === 'base.too-large')
      throw netErrors('net.reply', `${url} answered with more than ${maxBytes} bytes`, { cause })
    throw cause
  }
}
