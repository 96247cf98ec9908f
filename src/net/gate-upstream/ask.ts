import { WheelsealError, type Clock, type Http, type HttpResponse } from '../../base/index.ts'
import { errorWords } from '../error-words.ts'
import { netErrors } from '../errors.ts'
import { isCut } from '../retry.ts'
import { redirectOf } from '../simple-index.ts'
import type { GateUpstreamLimits } from './limits.ts'
import { allowedUrl, loginOf, shownUrl, type Place } from './place.ts'

export interface Io {
  readonly http: Http
  readonly clock: Clock
  readonly place: Place
  readonly limits: GateUpstreamLimits
}

export interface Asked {
  /** Beside the login, which is added where it belongs. */
  readonly headers: Readonly<Record<string, string>>
  /** For all hops together, the body of the last included. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export interface Answered {
  readonly response: HttpResponse
  /** Where it came from at last. */
  readonly url: URL
}

/** The answer is that one should ask another host. */
export interface Left {
  readonly target: URL
  readonly status: number
}

/** Follows redirects to hosts of the upstream. Any other status is an answer. Throws `net.…`. */
export async function ask(io: Io, first: string, asked: Asked): Promise<Answered> {
  const answer = await askUntil(io, first, { ...asked, mayLeave: true })
  if ('target' in answer) throw netErrors('net.other-host', `redirected to ${shownUrl(answer.target)}`)
  return answer
}

/** The same on the host of the index alone. */
export function askAtHome(io: Io, first: string, asked: Asked): Promise<Answered | Left> {
  return askUntil(io, first, { ...asked, mayLeave: false })
}

async function askUntil(
  { http, clock, place, limits }: Io,
  first: string,
  asked: Asked & { readonly mayLeave: boolean },
): Promise<Answered | Left> {
  const untilMs = clock.nowMs() + asked.timeoutMs
  const signal = asked.signal === undefined ? {} : { signal: asked.signal }
  let url = allowedUrl(first, place)
  for (let hop = 0; hop <= limits.redirects; hop += 1) {
    const headers = { ...asked.headers, ...loginOf(url, place) }
    const timeoutMs = Math.min(Math.max(untilMs - clock.nowMs(), 1), asked.timeoutMs)
    const response = await http.request({ method: 'GET', url: url.href, headers, timeoutMs, ...signal })
    const target = redirectOf(response, url)
    if (target === undefined) return { response, url }
    await discard(response)
    if (!asked.mayLeave && target.host !== place.index.host) return { target, status: response.status }
    url = allowedUrl(target.href, place)
  }
  throw netErrors('net.reply', `${shownUrl(url)} is redirected more than ${limits.redirects} times`)
}

const FIRST_PAUSE_MS = 250

/** Where a connection was refused or broke: a question may be asked twice, and an answer is never asked for again. */
export async function again<T>({ clock, limits }: Io, work: () => Promise<T>): Promise<T> {
  const startMs = clock.nowMs()
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      const pauseMs = FIRST_PAUSE_MS * 4 ** attempt
      const isLate = clock.nowMs() + pauseMs - startMs > limits.retryWithinMs
      if (attempt >= limits.retries || isLate || !isCut(error)) throw error
      await clock.sleep(pauseMs)
    }
  }
}

/** Undefined for 404 and 410. Throws `net.refused`, `net.reply`, what the exchange throws. */
export async function bytesAt(
  io: Io,
  url: string,
  {
    accept,
    maxBytes,
    timeoutMs,
  }: { readonly accept: string; readonly maxBytes: number; readonly timeoutMs: number },
): Promise<Uint8Array | undefined> {
  const headers = { accept, 'accept-encoding': 'identity' }
  return again(io, async () => {
    const answer = await ask(io, url, { headers, timeoutMs })
    if (isAbsent(answer.response)) return discard(answer.response)
    await require200(answer)
    return capped(answer, maxBytes)
  })
}

export function isAbsent({ status }: HttpResponse): boolean {
  return status === 404 || status === 410
}

/** Throws `net.refused` for another status, `net.reply` for bytes that are packed. */
export async function require200(answer: Answered): Promise<void> {
  if (answer.response.status !== 200) throw await refusalOf(answer)
  await requirePlain(answer)
}

/** A digest is that of plain bytes, and nobody was asked to pack them. */
export async function requirePlain({ response, url }: Answered): Promise<void> {
  if ((response.headers['content-encoding'] ?? 'identity') === 'identity') return
  await discard(response)
  throw netErrors('net.reply', `${shownUrl(url)} answered in an encoding that was not asked for`)
}

const HINTS: Readonly<Record<number, string>> = {
  401: 'the index asks for a login: set username and password_file of the upstream',
  403: 'the login of the upstream may not read this; on GitLab a token needs the scope read_api and the role Reporter',
}

export async function refusalOf({ response, url }: Answered): Promise<WheelsealError> {
  const hint = HINTS[response.status]
  const fact = `${shownUrl(url)} answered ${response.status}: ${await errorWords(response)}`
  return netErrors('net.refused', fact, hint === undefined ? {} : { hint })
}

/** Throws `net.reply` for more. */
export async function capped({ response, url }: Answered, maxBytes: number): Promise<Uint8Array> {
  try {
    return await response.bytes(maxBytes)
  } catch (cause) {
    if (!(cause instanceof WheelsealError) || cause.code !== 'base.too-large') throw cause
    throw netErrors('net.reply', `${shownUrl(url)} has more than ${maxBytes} bytes`, { cause })
  }
}

const MAX_DISCARDED_BYTES = 64 << 10

/** So that its connection is free again. */
export async function discard(response: HttpResponse): Promise<undefined> {
  await response.bytes(MAX_DISCARDED_BYTES).catch(() => undefined)
}
