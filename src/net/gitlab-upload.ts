import { WheelsealError, type Http, type HttpRequest, type HttpResponse, type Secret } from '../base/index.ts'
import type { UploadAnswer } from '../packaging/index.ts'
import { errorWords } from './error-words.ts'
import { isCut, retryAfterMs } from './retry.ts'

interface Sender {
  readonly http: Http
  readonly authorization: Secret
}

/** Of GitLab (400), and of PyPI and others (400, 409). */
const TAKEN = /already been taken|already exists?\b|duplicate package is not allowed/i
/** Of the server, and for a while only. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504, 520, 522, 524])

/** The whole of a download or an upload: a minute, and what it takes at 50 KB/s. */
export function transferTimeoutMs(sizeBytes: number): number {
  return 60_000 + Math.ceil(sizeBytes / 50)
}

/** One try. Throws what no second try mends: a URL, an unknown host or authority, a file that changed. */
export async function sendUpload(
  { http, authorization }: Sender,
  request: HttpRequest & { readonly headers?: Readonly<Record<string, string>> },
): Promise<UploadAnswer> {
  const sizeBytes = Number(request.headers?.['content-length'] ?? 0)
  try {
    const response = await http.request({
      ...request,
      headers: { ...request.headers, authorization: authorization.reveal() },
      timeoutMs: transferTimeoutMs(sizeBytes),
    })
    return await answerOf(response)
  } catch (error) {
    if (!(error instanceof WheelsealError) || !(isCut(error) || error.code === 'net.timeout')) throw error
    return { kind: 'unknown', words: error.message, retryAfterMs: undefined }
  }
}

async function answerOf(response: HttpResponse): Promise<UploadAnswer> {
  const { status, headers } = response
  const text = await errorWords(response)
  if (status === 200 || status === 201) return { kind: 'stored' }
  const words = status >= 300 && status < 400 ? `a redirect to ${placeOf(headers['location'])}` : text
  if (status === 409 || (status === 400 && TAKEN.test(words))) return { kind: 'taken', words }
  if (TRANSIENT.has(status) && headers['x-wheelseal-retry'] !== 'no')
    return { kind: 'unknown', words: `${status}: ${words}`, retryAfterMs: retryAfterMs(response) }
  return { kind: 'refused', status, words }
}

/** Without the query, in which tokens stand. */
function placeOf(location = ''): string {
  if (!URL.canParse(location)) return 'another place'
  const { origin, pathname } = new URL(location)
  return `${origin}${pathname}`
}
