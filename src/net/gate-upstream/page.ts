import { WheelsealError } from '../../base/index.ts'
import { isName, normalizeName, parseFileName, type DistributionName } from '../../formats/python/index.ts'
import {
  readSimplePage,
  simplePageFormat,
  type IndexedFile,
  type SimplePage,
} from '../../formats/python/simple-index/index.ts'
import type { ListedFile, NewPage, PageAnswer, UnreadLinks } from '../../gate/index.ts'
import { netErrors } from '../errors.ts'
import { again, askAtHome, discard, isAbsent, refusalOf, type Answered, type Io, type Left } from './ask.ts'
import { allowedUrl, shownUrl } from './place.ts'
import { pageText } from './unpack.ts'

const ACCEPT =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1'

export interface PageAsked {
  readonly name: string
  readonly etag: string | null
  /** A file of which the page says nothing has no seal, where the page says it of another. */
  readonly readsSilence: boolean
}

export async function readPage(io: Io, asked: PageAsked): Promise<PageAnswer> {
  if (!isName(asked.name)) return { kind: 'unknown' }
  const name = normalizeName(asked.name)
  const first = new URL(`${name}/`, io.place.index).href
  const etag = checkedEtag(asked.etag ?? undefined)
  const headers = {
    accept: ACCEPT,
    'accept-encoding': 'gzip',
    ...(etag === null ? {} : { 'if-none-match': etag }),
  }
  return again(io, async () => {
    const answer = await askAtHome(io, first, { headers, timeoutMs: io.limits.pageMs })
    if ('target' in answer) return leftAnswer(answer, name)
    if (isAbsent(answer.response)) return (await discard(answer.response)) ?? { kind: 'unknown' }
    if (answer.response.status === 304 && etag !== null)
      return (await discard(answer.response)) ?? { kind: 'unchanged' }
    if (answer.response.status !== 200) throw await refusalOf(answer)
    return newPage(io, answer, { ...asked, name })
  })
}

const FORWARDS: ReadonlySet<number> = new Set([302, 303, 307])

/**
 * GitLab sends clients to another index for a name that it does not have, and for one that this login may not see:
 * that is another upstream, so that the name is unknown here and that index is never asked. Every other way out (a page
 * to log in, an index that has moved for good) is no answer at all: were it one, the files that are kept would count as gone.
 */
function leftAnswer({ target, status }: Left, name: string): PageAnswer {
  const last = target.pathname.replace(/\/$/, '').split('/').at(-1) ?? ''
  const isForward = FORWARDS.has(status) && isName(last) && normalizeName(last) === name
  if (isForward) return { kind: 'unknown', forwardedTo: target.host }
  throw netErrors('net.other-host', `the page of ${name} is redirected to ${shownUrl(target)}`, {
    hint: 'check the login of the upstream; if the index has moved, set its new url',
  })
}

/** Undefined and what is no entity tag give null; one with a line break would be a header of its own. */
function checkedEtag(text: string | undefined): string | null {
  return text !== undefined && /^(?:W\/)?"[!#-~]{0,512}"$/.test(text) ? text : null
}

async function newPage(io: Io, answer: Answered, asked: PageAsked): Promise<PageAnswer> {
  const { url, response } = answer
  const format = simplePageFormat(response.headers['content-type'] ?? '')
  if (format === undefined) {
    await discard(response)
    throw netErrors('net.reply', `${shownUrl(url)} answered no page of a simple index`)
  }
  const text = await pageText(answer, io.limits)
  const { pageFiles: maxFiles, pageUnread: maxUnread } = io.limits
  const page = reading(url, () => readSimplePage(format, text, { url, maxFiles, maxUnread }))
  const tellsOfSeals = page.files.some(({ provenance }) => provenance.kind !== 'unsaid')
  const readsSilence = asked.readsSilence && tellsOfSeals
  const { files, problems } = listedFiles(io, page, { ...asked, readsSilence })
  const unread = unreadLinks(page, problems, { url, maxUnread })
  const about = {
    etag: unread === undefined ? checkedEtag(response.headers['etag']) : null,
    serial: page.serial ?? serialOf(response.headers['x-pypi-last-serial']),
    status: statusOf(page),
  }
  const made = { ...about, tellsOfSeals, files }
  return { kind: 'page', page: made, ...(unread === undefined ? {} : { unread }) }
}

/** Throws what is wrong with the first one where more cannot be read than are left, or than are taken. */
function unreadLinks(
  { files, unread }: SimplePage,
  problems: readonly WheelsealError[],
  { url, maxUnread }: { readonly url: URL; readonly maxUnread: number },
): UnreadLinks | undefined {
  const count = unread.length + problems.length
  const [first] = [...unread, ...problems]
  if (first === undefined) return undefined
  const isMost = 2 * count > files.length + unread.length
  if (count > maxUnread || isMost) reading(url, () => throws(first))
  return { count, first: FACTS[first.code] ?? first.message, reason: first.message }
}

function throws(error: WheelsealError): never {
  throw error
}

/** Of those that name a host. */
const FACTS: Readonly<Record<string, string>> = {
  'net.other-host': 'it leads to a different host',
  'net.url': 'its URL is malformed or too long',
}

function reading<T>(url: URL, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof WheelsealError) || cause.code.startsWith('net.')) throw cause
    throw netErrors('net.reply', `the page ${shownUrl(url)} is malformed: ${cause.message}`, { cause })
  }
}

function serialOf(header = ''): number | null {
  return /^\d{1,15}$/.test(header) ? Number(header) : null
}

/** PEP 792. */
function statusOf({ status }: SimplePage): NewPage['status'] {
  return status === 'quarantined' || status === 'archived' || status === 'deprecated' ? status : null
}

/**
 * Without the files of other names, those that are no distribution, and those with texts that nobody keeps: a page may be
 * one file with a text of 32 MiB, and pages are kept by their files. Throws `net.reply` for a name with two digests. */
function listedFiles(io: Io, page: SimplePage, asked: PageAsked): Listed {
  const files = new Map<string, ListedFile>()
  const problems: WheelsealError[] = []
  for (const file of page.files) {
    const parsed = parsedName(file.fileName)
    if (parsed === undefined || parsed.name !== asked.name || isTooLong(file, io)) continue
    const listed = problemOr(() => listedFile(io, file, { parsed, readsSilence: asked.readsSilence }))
    if (listed instanceof WheelsealError) {
      if (problems.length >= io.limits.pageUnread) throw listed
      problems.push(listed)
      continue
    }
    const other = files.get(file.fileName)
    if (other !== undefined && other.sha256 !== listed.sha256)
      throw netErrors('net.reply', `the page of ${asked.name} lists ${file.fileName} twice, with two digests`)
    if (other === undefined) files.set(file.fileName, listed)
  }
  return { files: [...files.values()], problems }
}

interface Listed {
  readonly files: readonly ListedFile[]
  /** Of links to where nobody is asked. */
  readonly problems: readonly WheelsealError[]
}

function problemOr<T>(read: () => T): T | WheelsealError {
  try {
    return read()
  } catch (error) {
    if (error instanceof WheelsealError) return error
    throw error
  }
}

function isTooLong({ requiresPython = '', provenance }: IndexedFile, { limits }: Io): boolean {
  const url = provenance.kind === 'at' ? provenance.url : ''
  return requiresPython.length > limits.textLength || Buffer.byteLength(url) > limits.urlBytes
}

function parsedName(fileName: string): DistributionName | undefined {
  try {
    return parseFileName(fileName)
  } catch (error) {
    if (error instanceof WheelsealError) return undefined
    throw error
  }
}

interface Reading {
  readonly parsed: DistributionName
  readonly readsSilence: boolean
}

function listedFile({ place, limits }: Io, file: IndexedFile, { parsed, readsSilence }: Reading): ListedFile {
  const isSilent = readsSilence && file.provenance.kind === 'unsaid'
  return {
    fileName: file.fileName,
    versionKey: parsed.version.key,
    version: parsed.version.normal,
    kind: parsed.kind,
    sha256: file.sha256 ?? null,
    sizeBytes: file.sizeBytes ?? null,
    url: allowedUrl(file.url, place).href,
    uploadedAtMs: file.uploadedAtMs ?? null,
    requiresPython: file.requiresPython ?? null,
    yanked: file.yanked?.slice(0, limits.textLength).toWellFormed() ?? null,
    provenance: isSilent ? { kind: 'none' } : file.provenance,
    offersMetadata: file.offersMetadata,
    metadataSha256: file.metadataSha256 ?? null,
  }
}
