import { netErrors } from './errors.ts'

export interface SimplePage {
  readonly format: 'json' | 'html'
  /** PEP 792, as the page has it; undefined where it says nothing. */
  readonly status: string | undefined
  readonly statusReason: string | undefined
  readonly files: readonly IndexedFile[]
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
  /** ISO 8601 as the index has it. */
  readonly uploadTime: string | undefined
  readonly requiresPython: string | undefined
  /** The reason, empty where none is given; undefined for a file that is not yanked. */
  readonly yanked: string | undefined
  /** Absolute URL of the PEP 740 provenance object. */
  readonly provenanceUrl: string | undefined
}

/** Links of one page; PyPI's largest projects have some ten thousand. */
export const MAX_FILES = 200_000

const FILE_NAME = /^[!-.0-[\]-~](?:[ -.0-[\]-~]{0,253}[!-.0-[\]-~])?$/

/** Throws `net.reply`. */
export function checkedFileName(text: string): string {
  if (!FILE_NAME.test(text) || text === '.' || text === '..')
    throw netErrors(
      'net.reply',
      'a link has no file name, or one that is not printable ASCII without folders',
    )
  return text
}

/** Throws `net.reply` for a URL that is not http or https, or has credentials. */
export function checkedUrl(text: string, base: URL): URL {
  if (!URL.canParse(text, base.href)) throw netErrors('net.reply', 'a link is not a URL')
  const url = new URL(text, base.href)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw netErrors('net.reply', `a link has the scheme ${url.protocol.slice(0, -1)}`)
  if (url.username !== '' || url.password !== '') throw netErrors('net.reply', 'a link contains credentials')
  return url
}

/** Undefined for other algorithms. Throws `net.reply` for a digest that is malformed. */
export function checkedSha256(hex: string | undefined): string | undefined {
  if (hex === undefined || hex === '') return undefined
  const digest = hex.toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(digest)) throw netErrors('net.reply', 'a sha256 is not 64 hexadecimal digits')
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
