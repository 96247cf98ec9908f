import { baseErrors, type Clock, type Http, type HttpResponse, type WheelsealError } from '../base/index.ts'
import { errorWords } from './error-words.ts'
import { netErrors } from './errors.ts'
import { parseUrl } from './exchange.ts'
import { withRetries } from './retry.ts'

const MAX_REDIRECTS = 5
/** Slower is nobody's network: after the first half minute at least so many bytes a second, on average. */
const GRACE_MS = 30_000
const MIN_BYTES_PER_MS = 10
const LOOK_EVERY_MS = 1_000
/** That of the request is for short answers; here the pace decides. */
const LONGEST_MS = 24 * 3_600_000

export interface DownloaderOptions {
  readonly http: Http
  readonly clock: Clock
  /** Whose files they are: any URL of the same scheme, host and port is asked with the credentials. */
  readonly home: string
  /** Headers that no other host gets. */
  readonly credentials: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface Download {
  /** Where it came from at last; without credentials. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Ends with `base.too-large` after `maxBytes`, and with `net.timeout` when they come too slowly. */
  readonly parts: AsyncIterable<Uint8Array>
}

export interface Asked {
  readonly maxBytes: number
  readonly accept?: string
}

/** Files of an index that is not trusted, wherever it says that they are. */
export interface Downloader {
  /**
   * Undefined for 404 and 410. Another host is asked only over https, without the credentials. Throws `net.other-host`,
   * `net.url`, `net.refused`, `net.unreachable`, `net.timeout`.
   */
  open(url: string, asked: Asked): Promise<Download | undefined>
}

export function createDownloader(options: DownloaderOptions): Downloader {
  const http = withRetries(options.http, options.clock)
  return {
    open: async (url, asked) => {
      const watch = startWatch(options, url)
      try {
        const found = await follow(url, { ...options, ...asked, http, signal: watch.signal })
        if (found === undefined) watch.end()
        return found && { ...found, parts: watched(found.parts, { ...watch, maxBytes: asked.maxBytes }) }
      } catch (error) {
        watch.end()
        throw error
      }
    },
  }
}

type Following = DownloaderOptions & Asked & { readonly signal: AbortSignal }

async function follow(first: string, following: Following): Promise<Download | undefined> {
  let url = askable(first, following.home)
  for (let count = 0; count <= MAX_REDIRECTS; count += 1) {
    const response = await ask(url, following)
    const { status, headers, body } = response
    if (status === 200) return { url: url.href, headers, parts: body }
    if (status === 404 || status === 410) {
      await errorWords(response)
      return undefined
    }
    if (!isRedirect(response)) throw await refused(url, response)
    const { location = '' } = headers
    await errorWords(response)
    url = redirected(url, location, following.home)
  }
  throw netErrors('net.refused', `${shown(url)} is redirected more than ${MAX_REDIRECTS} times`)
}

function ask(
  url: URL,
  { http, home, credentials, accept = '*/*', signal }: Following,
): Promise<HttpResponse> {
  const isHome = url.origin === parseUrl(home).origin
  // Without `identity` a proxy may pack what is compared with the digest of the file.
  const headers = { accept, 'accept-encoding': 'identity', ...(isHome ? credentials : {}) }
  return http.request({ method: 'GET', url: url.href, headers, signal, timeoutMs: LONGEST_MS })
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

function isRedirect({ status, headers }: HttpResponse): boolean {
  return REDIRECTS.has(status) && headers['location'] !== undefined
}

function redirected(from: URL, location: string, home: string): URL {
  if (!URL.canParse(location, from.href))
    throw netErrors('net.refused', `${shown(from)} is redirected to no URL`)
  return askable(new URL(location, from).href, home)
}

/** Throws `net.other-host`, `net.url`. */
function askable(text: string, home: string): URL {
  const url = parseUrl(text)
  url.hash = ''
  if (url.origin === parseUrl(home).origin || url.protocol === 'https:') return url
  const fact = `the index is at ${parseUrl(home).origin}; it links to ${url.origin}, a different host, without https`
  throw netErrors('net.other-host', fact)
}

async function refused(url: URL, response: HttpResponse): Promise<WheelsealError> {
  const words = await errorWords(response)
  return netErrors('net.refused', `${shown(url)} answered ${response.status}: ${words}`)
}

/** Without the query: tokens of object storages stand there. */
function shown({ origin, pathname }: URL): string {
  return `${origin}${pathname}`
}

interface Watch {
  readonly signal: AbortSignal
  readonly received: (bytes: number) => void
  readonly end: () => void
}

/** From the request to the last byte. A server that sends a byte a second is one that never ends. */
function startWatch({ clock, signal: outer }: DownloaderOptions, url: string): Watch {
  const [slow, over] = [new AbortController(), new AbortController()]
  const startMs = clock.nowMs()
  let bytes = 0
  const until = outer === undefined ? over.signal : AbortSignal.any([over.signal, outer])
  const watch = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(LOOK_EVERY_MS, until)
      if (clock.nowMs() - startMs <= GRACE_MS + bytes / MIN_BYTES_PER_MS) continue
      slow.abort(
        netErrors('net.timeout', `${shown(parseUrl(url))} sent only ${bytes} bytes and took too long`),
      )
      return
    }
  }
  watch().catch(() => undefined)
  return {
    signal: outer === undefined ? slow.signal : AbortSignal.any([outer, slow.signal]),
    received: (count) => {
      bytes += count
    },
    end: () => over.abort(),
  }
}

async function* watched(
  parts: AsyncIterable<Uint8Array>,
  { received, end, maxBytes }: Watch & { readonly maxBytes: number },
): AsyncGenerator<Uint8Array> {
  let total = 0
  try {
    for await (const part of parts) {
      received(part.length)
      total += part.length
      if (total > maxBytes) throw baseErrors('base.too-large', `larger than the limit of ${maxBytes} bytes`)
      yield part
    }
  } finally {
    end()
  }
}
