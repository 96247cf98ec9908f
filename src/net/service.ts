import { utf8, WheelsealError, type Http, type HttpResponse, type JsonValue } from '../base/index.ts'
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
  const response = await http.request({
    method: call.method,
    url,
    headers: { ...(call.json === undefined ? {} : { 'content-type': 'application/json' }), ...call.headers },
    ...(call.json === undefined ? {} : { body: utf8(JSON.stringify(call.json)) }),
  })
  if (!call.accepts.includes(response.status)) {
    throw netErrors('net.refused', `${url} answered ${response.status}: ${await errorWords(response)}`)
  }
  return {
    status: response.status,
    headers: response.headers,
    text: await body(response, url, call.maxBytes),
  }
}

async function body(response: HttpResponse, url: string, maxBytes: number): Promise<string> {
  try {
    return await response.text(maxBytes)
  } catch (cause) {
    if (cause instanceof WheelsealError && cause.code === 'base.too-large')
      throw netErrors('net.reply', `${url} answered with more than ${maxBytes} bytes`, { cause })
    throw cause
  }
}
