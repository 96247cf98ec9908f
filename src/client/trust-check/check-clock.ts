import { parseHttpDate, type Clock, type Http } from '../../base/index.ts'

/** A header of HTTP has whole seconds, and the answer takes its time. */
const TOLERANCE_SECONDS = 10

export interface ClockReport {
  /** Of this machine, before (negative) or after that of the instance; null where the instance does not say. */
  readonly skewSeconds: number | null
  readonly isRight: boolean
}

/**
 * Whether this machine's time is that of the instance, by which certificates and id tokens begin and end. Throws
 * `net.unreachable`, `net.timeout`: then no client gets an answer either.
 */
export async function checkClock(
  url: string,
  { http, clock }: { readonly http: Http; readonly clock: Clock },
): Promise<ClockReport> {
  const askedMs = clock.nowMs()
  const response = await http.request({ method: 'GET', url: `${url}/healthz` })
  await response.text(MAX_ANSWER_BYTES)
  const theirSeconds = parseHttpDate(response.headers['date'] ?? '')
  if (Number.isNaN(theirSeconds)) return { skewSeconds: null, isRight: true }
  const skewSeconds = Math.round((askedMs + clock.nowMs()) / 2000 - theirSeconds)
  return { skewSeconds, isRight: Math.abs(skewSeconds) <= TOLERANCE_SECONDS }
}

const MAX_ANSWER_BYTES = 64 << 10
