import { WheelsealError, type Clock, type Http, type HttpRequest, type HttpResponse } from '../base/index.ts'
import { errorWords } from './error-words.ts'
import { netErrors } from './errors.ts'

const ATTEMPTS = 4
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000
const TRANSIENT: ReadonlySet<number> = new Set([429, 502, 503, 504])

/**
 * The port with patience: up to four attempts, pausing longer each time, or as long as `Retry-After` asks within 10 s.
 * Only for 429, 502, 503, 504 and a refused connection, which all mean that nothing was done; every other answer,
 * refusals above all, is handed on at once, and so is one with `X-Wheelseal-Retry: no`. Not for bodies that are streams. Throws `net.overloaded`.
 */
export function withRetries(http: Http, clock: Clock): Http {
  return {
    request: async (request) => {
      for (let attempt = 1; ; attempt += 1) {
        const pauseMs = FIRST_PAUSE_MS * 2 ** (attempt - 1)
        const outcome = await tryOnce(http, request, attempt === ATTEMPTS)
        if ('response' in outcome) return outcome.response
        await clock.sleep(outcome.retryAfterMs ?? pauseMs, request.signal)
      }
    },
  }
}

type Attempt = { readonly response: HttpResponse } | { readonly retryAfterMs: number | undefined }

async function tryOnce(http: Http, request: HttpRequest, isLast: boolean): Promise<Attempt> {
  let response: HttpResponse
  try {
    response = await http.request(request)
  } catch (error) {
    if (isLast || !isRefusedConnection(error)) throw error
    return { retryAfterMs: undefined }
  }
  if (!TRANSIENT.has(response.status) || lasts(response)) return { response }
  const words = await errorWords(response)
  if (isLast) {
    const fact = `${new URL(request.url).origin} answered ${response.status} in all ${ATTEMPTS} attempts`
    throw netErrors('net.overloaded', `${fact}: ${words}`)
  }
  return { retryAfterMs: retryAfterMs(response) }
}

/**
 * For what may be done twice: also tries again when a connection broke under way, be it in the middle of an answer.
 * Then it is unknown whether the service did what was asked.
 */
export async function againWhenCut<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt === ATTEMPTS || !wasCut(error)) throw error
    }
    await clock.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1))
  }
}

const CUT: ReadonlySet<unknown> = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT'])

function wasCut(error: unknown): boolean {
  return CUT.has(connectionCode(error))
}

/** A connection that was refused or broke: whether a service did what was asked is known in the first case only. */
export function isCut(error: unknown): boolean {
  return wasCut(error) || isRefusedConnection(error)
}

/** A Wheelseal says when trying again is of no use: its log is frozen, its certificates have ended. */
function lasts({ headers }: HttpResponse): boolean {
  return headers['x-wheelseal-retry'] === 'no'
}

/** Nothing was sent, so that nothing can have been done. */
function isRefusedConnection(error: unknown): boolean {
  return connectionCode(error) === 'ECONNREFUSED'
}

/** As the system names it; undefined for any other failure. */
function connectionCode(error: unknown): unknown {
  if (!(error instanceof WheelsealError) || error.code !== 'net.unreachable') return undefined
  const { cause } = error
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}

/** Seconds only; a date would need trust in two clocks. */
export function retryAfterMs({ headers }: HttpResponse): number | undefined {
  const text = headers['retry-after'] ?? ''
  return /^\d{1,6}$/.test(text) ? Math.min(Number(text) * 1000, LONGEST_PAUSE_MS) : undefined
}
