import { WheelsealError, type Http, type HttpRequest, type HttpResponse, type Secret } from '../base/index.ts'
import { normalizeName } from '../formats/python/index.ts'
import { readSimplePage, simplePageFormat, type SimplePage } from '../formats/python/simple-index/index.ts'
import { errorWords } from './error-words.ts'
import { netErrors } from './errors.ts'

/**
 * Reading a simple index (PEP 503, 691, 700, 592), as pip asks for it: JSON where the server has it, HTML otherwise.
 *
 * `fetchSimplePage(http, { indexUrl, name, authorization })` gives `{ kind: 'page', page }`, `{ kind: 'absent' }` (404,
 * 410: for an index that is a package without files), or `{ kind: 'forwarded', origin }` where the server sends its
 * clients to another host, as GitLab does for names that it does not have: that host is never asked. `page.files` are
 * the links in the order of the page; a name may occur twice. Nothing of it is believed: a file's `url` may lead to any
 * host, and its `sha256` is the word of the server (on GitLab, of the uploader).
 *
 * Throws `net.refused` (401 and 403 among them) and `net.reply` for a page that is malformed or above the caps.
 */
export async function fetchSimplePage(http: Http, ask: PageRequest): Promise<IndexAnswer> {
  let url = new URL(`${ask.indexUrl.replace(/\/+$/, '')}/${normalizeName(ask.name)}/`)
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await http.request(requestOf(url, ask))
    const target = redirectOf(response, url)
    if (target === undefined) return answerOf(response, url)
    await discard(response)
    if (target.origin !== url.origin) return { kind: 'forwarded', origin: target.origin }
    url = target
  }
  throw netErrors('net.reply', `${shownUrl(url)} redirects again and again`)
}

export interface PageRequest {
  /** `…/simple`, with or without a slash at its end; without credentials. */
  readonly indexUrl: string
  readonly name: string
  /** The header's value; it goes to the origin of `indexUrl` only. */
  readonly authorization?: Secret
  readonly signal?: AbortSignal
}

export type IndexAnswer =
  | { readonly kind: 'page'; readonly page: SimplePage }
  | { readonly kind: 'absent' }
  | { readonly kind: 'forwarded'; readonly origin: string }

const MAX_REDIRECTS = 3
const MAX_PAGE_BYTES = 32 << 20
const ACCEPT =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1'
const MAX_FILES = 200_000
const HINTS: Readonly<Record<number, string>> = {
  401: 'the index asks for a login: give a token, or one that is neither expired nor revoked; a job token is valid only while its job runs',
  403: 'the token may not read this index: it needs the scope api, read_api or read_package_registry, and the role Reporter',
}
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

function requestOf(url: URL, { authorization, signal }: PageRequest): HttpRequest {
  return {
    method: 'GET',
    url: url.href,
    headers: {
      accept: ACCEPT,
      'accept-encoding': 'identity',
      ...(authorization === undefined ? {} : { authorization: authorization.reveal() }),
    },
    ...(signal === undefined ? {} : { signal }),
  }
}

/** Undefined where the answer is no redirect. Throws `net.reply` for one that leads nowhere. */
export function redirectOf({ status, headers }: HttpResponse, from: URL): URL | undefined {
  if (!REDIRECTS.has(status)) return undefined
  const { location = '' } = headers
  if (location === '' || !URL.canParse(location, from.href))
    throw netErrors('net.reply', `${shownUrl(from)} answered ${status} without a valid location`)
  const target = new URL(location, from.href)
  if (target.protocol !== from.protocol && target.protocol !== 'https:')
    throw netErrors('net.reply', `${shownUrl(from)} redirects to ${target.protocol.slice(0, -1)}`)
  return target
}

async function answerOf(response: HttpResponse, url: URL): Promise<IndexAnswer> {
  const { status, headers } = response
  if (status === 404 || status === 410) {
    await discard(response)
    return { kind: 'absent' }
  }
  if (status !== 200) {
    const hint = HINTS[status]
    const fact = `${shownUrl(url)} answered ${status}: ${await errorWords(response)}`
    throw netErrors('net.refused', fact, hint === undefined ? {} : { hint })
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw netErrors('net.reply', `${shownUrl(url)} answered in an encoding that was not asked for`)
  const format = simplePageFormat(headers['content-type'] ?? '')
  if (format === undefined)
    throw netErrors('net.reply', `${shownUrl(url)} answered no page of a simple index`)
  const page = await text(response, url)
  return {
    kind: 'page',
    page: reading(url, () => readSimplePage(format, page, { url, maxFiles: MAX_FILES })),
  }
}

async function text(response: HttpResponse, url: URL): Promise<string> {
  try {
    return await response.text(MAX_PAGE_BYTES)
  } catch (cause) {
    if (!(cause instanceof WheelsealError) || cause.code !== 'base.too-large') throw cause
    throw netErrors('net.reply', `${shownUrl(url)} has more than ${MAX_PAGE_BYTES} bytes`, { cause })
  }
}

function reading<T>(url: URL, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof WheelsealError)) throw cause
    throw netErrors('net.reply', `the page ${shownUrl(url)} is malformed: ${cause.message}`, { cause })
  }
}

/** So that its connection is free again. */
async function discard(response: HttpResponse): Promise<void> {
  await response.bytes(MAX_DISCARDED_BYTES).catch(() => undefined)
}

const MAX_DISCARDED_BYTES = 64 << 10

/** Never the query: tokens stand in some. */
function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}`
}
