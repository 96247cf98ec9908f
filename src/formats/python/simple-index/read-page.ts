import { isoTime, parseIsoTime, WheelsealError } from '../../../base/index.ts'
import { simpleIndexErrors } from './errors.ts'

export interface SimplePage {
  readonly format: 'json' | 'html'
  /** PEP 792, as the page has it; undefined where it says nothing. */
  readonly status: string | undefined
  readonly statusReason: string | undefined
  /** PyPI's `_last-serial`; undefined where the page has none. */
  readonly serial: number | undefined
  /** In the order of the page; a name may occur twice. */
  readonly files: readonly IndexedFile[]
  /** What is wrong with the links that are not among them, at most `maxUnread`. */
  readonly unread: readonly WheelsealError[]
}

/** A link of a simple index. All of it is the word of the server. */
export interface IndexedFile {
  /** A name without folders, of printable ASCII; not yet the name of a distribution (`parseFileName`). */
  readonly fileName: string
  /** Absolute, http or https, without fragment and without credentials. */
  readonly url: string
  /** Lower-case hex; undefined where the index gives none. */
  readonly sha256: string | undefined
  readonly sizeBytes: number | undefined
  /** PEP 700; undefined where the page gives none, and where it is no time of that form. */
  readonly uploadedAtMs: number | undefined
  readonly requiresPython: string | undefined
  /** The reason, empty where none is given; undefined for a file that is not yanked. */
  readonly yanked: string | undefined
  readonly provenance: IndexedProvenance
  /** PEP 714, 658: a `.metadata` is offered beside the file. */
  readonly offersMetadata: boolean
  /** Lower-case hex of that `.metadata`; undefined where the page does not say it. */
  readonly metadataSha256: string | undefined
}

/** Of PEP 740: an absolute URL; `none` where the page says that there is none, `unsaid` where it says nothing. */
export type IndexedProvenance =
  | { readonly kind: 'at'; readonly url: string }
  | { readonly kind: 'none' | 'unsaid' }

export interface ReadOptions {
  /** Of the page itself: links are relative to it. */
  readonly url: URL
  /** A page with more links is refused. PyPI's largest projects have some ten thousand. */
  readonly maxFiles: number
  /** So many malformed links are left out; left out, none, and the first one refuses the page. */
  readonly maxUnread?: number
}

/** The files of a page, whose malformed links are counted. */
export class Links {
  readonly files: IndexedFile[] = []
  readonly unread: WheelsealError[] = []
  readonly #maxUnread: number

  constructor({ maxUnread = 0 }: ReadOptions) {
    this.#maxUnread = maxUnread
  }

  /** Throws `python.index-page` of the link that is one too many. */
  add(read: () => IndexedFile | undefined): void {
    try {
      const file = read()
      if (file !== undefined) this.files.push(file)
    } catch (error) {
      if (!(error instanceof WheelsealError) || this.unread.length >= this.#maxUnread) throw error
      this.unread.push(error)
    }
  }
}

export function malformed(fact: string): WheelsealError {
  return simpleIndexErrors('python.index-page', fact)
}

const FILE_NAME = /^[!-.0-[\]-~](?:[ -.0-[\]-~]{0,253}[!-.0-[\]-~])?$/

/** Throws `python.index-page`. */
export function checkedFileName(text: string): string {
  if (!FILE_NAME.test(text) || text === '.' || text === '..')
    throw malformed('a link has no file name, or one that is not printable ASCII without folders')
  return text
}

/** Throws `python.index-page` for a URL that is not http or https, or has credentials. */
export function checkedUrl(text: string, base: URL): URL {
  if (!URL.canParse(text, base.href)) throw malformed('a link is not a URL')
  const url = new URL(text, base.href)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw malformed(`a link has the scheme ${url.protocol.slice(0, -1)}`)
  if (url.username !== '' || url.password !== '') throw malformed('a link contains credentials')
  return url
}

/** Undefined for other algorithms. Throws `python.index-page` for a digest that is none. */
export function checkedSha256(hex: string | undefined): string | undefined {
  if (hex === undefined || hex === '') return undefined
  const digest = hex.toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(digest)) throw malformed('a sha256 is not 64 hexadecimal digits')
  return digest
}

/** The digest of the fragment `#sha256=…`, which may be one of several. */
export function sha256OfFragment({ hash }: URL): string | undefined {
  return checkedSha256(new URLSearchParams(hash.slice(1)).get('sha256') ?? undefined)
}

export function withoutFragment(url: URL): string {
  const bare = new URL(url.href)
  bare.hash = ''
  return bare.href
}

const UPLOAD_TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:Z|\+00:00)$/

/** PEP 700's `yyyy-mm-ddThh:mm:ss.ffffffZ`, cut to milliseconds. Undefined for anything else. */
export function uploadTimeMs(text: string): number | undefined {
  const [, whole, fraction = ''] = UPLOAD_TIME.exec(text) ?? []
  if (whole === undefined) return undefined
  const seconds = parseIsoTime(`${whole}Z`)
  // `Date` takes the 31st of February for a day in March.
  if (Number.isNaN(seconds) || isoTime(seconds) !== `${whole}Z`) return undefined
  return seconds * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'))
}
