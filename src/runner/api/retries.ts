import {
  WheelsealError,
  type Clock,
  type Http,
  type HttpRequest,
  type HttpResponse,
} from '../../base/index.ts'

const ATTEMPTS = 5
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000
const RETRIED: readonly number[] = [408, 429, 500, 502, 503, 504]
const MAX_ANSWER_BYTES = 64 << 10

/**
 * As the stock runner: five attempts, when the server is not there or answers one of six statuses, with the pause
 * that `Retry-After` asks for or a doubling one. The request is made anew for each attempt, its body included.
 */
export async function requestWithRetries(
  make: () => HttpRequest,
  { http, clock }: { readonly http: Http; readonly clock: Clock },
): Promise<HttpResponse> {
  for (let attempt = 1; ; attempt++) {
    const request = make()
    const response = await tryOnce(http, request, attempt === ATTEMPTS)
    if (response !== undefined && (attempt === ATTEMPTS || !RETRIED.includes(response.status)))
      return response
    const pauseMs = pause(response, attempt)
    await response?.bytes(MAX_ANSWER_BYTES)
    await clock.sleep(pauseMs, request.signal)
  }
}

async function tryOnce(http: Http, request: HttpRequest, isLast: boolean): Promise<HttpResponse | undefined> {
  try {
    return await http.request(request)
  } catch (error) {
    const isNetwork = error instanceof WheelsealError && error.code.startsWith('net.')
    if (isLast || !isNetwork || request.signal?.aborted === true) throw error
    return undefined
  }
}

function pause(response: HttpResponse | undefined, attempt: number): number {
  const asked = Number(response?.headers['retry-after'] ?? Number.NaN) * 1_000
  const pauseMs = Number.isFinite(asked) && asked >= 0 ? asked : FIRST_PAUSE_MS * 2 ** (attempt - 1)
  return Math.min(pauseMs, LONGEST_PAUSE_MS)
}
