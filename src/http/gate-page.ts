import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, gzip, gzipSync, type ZlibOptions } from 'node:zlib'
import type { Context } from 'hono'
import {
  writeNamesHtml,
  writeNamesJson,
  writePackageHtml,
  writePackageJson,
  type FileListing,
} from '../formats/python/simple-index/index.ts'
import type { Gate, GatePage, GateReader, PageEntry, WrittenPage } from '../gate/index.ts'
import { listsTag } from './entity-tag.ts'
import type { Bindings } from './route.ts'
import { shownAs } from './simple-index.ts'
import { chooseMedia, type SimpleMedia } from './simple-media.ts'

const pack = promisify(gzip)
/** A page of a hundred files. */
const MAX_PACKED_AT_ONCE = 64 * 1024

/** A page of a gate: written once for each format while it stays as it is, then sent from memory. Throws `http.not-acceptable`. */
export async function sendGatePage(context: Context<Bindings>, page: GatePage): Promise<Response> {
  const media = chosenMedia(context.req.header('accept'))
  const header = (name: string): string | undefined => context.req.header(name)
  const { body, status, headers } = pageAnswer(await writtenAs(page, media), media, header)
  return new Response(body, { status, headers })
}

/** The same where the page is written. Throws `http.not-acceptable`. */
export function gatePageNow(page: GatePage, headers: PageHeaders) {
  const media = chosenMedia(headers.accept)
  const written = page.written.get(media.tag)
  return written === undefined || written instanceof Promise
    ? undefined
    : pageAnswer(written, media, (name) => headers[name])
}

type PageHeaders = Readonly<
  Partial<Record<'accept' | 'accept-encoding' | 'if-none-match', string | undefined>>
>

function pageAnswer(
  { bytes, gzip: packed, sha256 }: WrittenPage,
  media: SimpleMedia,
  header: (name: keyof PageHeaders) => string | undefined,
) {
  const isPacked = takesGzip(header('accept-encoding'))
  // Each form of the bytes has a tag of its own (RFC 9110 §8.8.3.3), made of nothing but what is shown: a page with
  // another decision is another page (RFC 9110 §13.1.2).
  const tag = `"${sha256}${isPacked ? '-gzip' : ''}"`
  const headers = { ETag: tag, 'Cache-Control': 'no-cache', Vary: 'Accept, Accept-Encoding' }
  if (listsTag(header('if-none-match'), tag)) return { status: 304, headers, body: null } as const
  const encoding = isPacked ? { 'Content-Encoding': 'gzip' } : {}
  const all: Readonly<Record<string, string>> = { ...headers, ...encoding, ...shownAs(media) }
  return { status: 200, headers: all, body: isPacked ? packed : bytes } as const
}

/** Installers send one of a few, each as often as it asks. */
const MAX_KNOWN_HEADERS = 64
const MAX_KNOWN_LENGTH = 256
const chosen = new Map<string, SimpleMedia>()

/** Throws `http.not-acceptable`. */
function chosenMedia(accept: string | undefined): SimpleMedia {
  const known = accept === undefined ? undefined : chosen.get(accept)
  if (known !== undefined) return known
  const media = chooseMedia(accept)
  if (accept === undefined || accept.length > MAX_KNOWN_LENGTH) return media
  if (chosen.size >= MAX_KNOWN_HEADERS) chosen.clear()
  chosen.set(accept, media)
  return media
}

/** Written by the first who asks; all who ask meanwhile wait for that. */
function writtenAs(page: GatePage, media: SimpleMedia): WrittenPage | Promise<WrittenPage> {
  const kept = page.written.get(media.tag)
  if (kept !== undefined) return kept
  const writing = writtenPage(page, media)
  page.written.set(media.tag, writing)
  writing.then(
    (written) => page.written.set(media.tag, written),
    () => page.written.delete(media.tag),
  )
  return writing
}

async function writtenPage({ name, status, files }: GatePage, media: SimpleMedia): Promise<WrittenPage> {
  const listing = {
    name,
    title: name,
    status: status ?? ('active' as const),
    statusReason: '',
    files: listed(files),
  }
  const parts: Uint8Array[] = []
  const write = media.format === 'json' ? writePackageJson : writePackageHtml
  for await (const part of write(listing)) parts.push(part)
  // Both are copied: they are kept, and with them would be the slab of Node, or the 16 KiB of zlib, that they begin in.
  const bytes = new Uint8Array(Buffer.concat(parts))
  return {
    bytes,
    gzip: new Uint8Array(await packedOf(bytes)),
    sha256: createHash('sha256').update(bytes).update(media.tag).digest('hex'),
  }
}

/**
 * A small one takes less time than a thread takes to begin; and each thread would keep memory of its own for what zlib
 * needs.
 */
function packedOf(bytes: Uint8Array): Uint8Array | Promise<Uint8Array> {
  const options = { level: constants.Z_BEST_SPEED }
  return bytes.length <= MAX_PACKED_AT_ONCE
    ? gzipSync(bytes, { ...options, ...roomFor(bytes.length) })
    : pack(bytes, options)
}

const WINDOW_BITS = { least: 9, most: 15 } as const

/**
 * Of the 256 KiB that zlib takes for any page, only what this one can fill: taken and given back among what is kept,
 * they leave holes in the memory of the process.
 */
function roomFor(length: number): ZlibOptions {
  const bits = Math.ceil(Math.log2(length + 1))
  const windowBits = Math.min(Math.max(bits, WINDOW_BITS.least), WINDOW_BITS.most)
  // As the default of 8 goes with the most.
  return { windowBits, memLevel: windowBits - 7, chunkSize: 1 << windowBits }
}

function* listed(files: readonly PageEntry[]): Generator<FileListing> {
  for (const file of files) {
    const { fileName, version, href, sha256, sizeBytes, uploadedAtMs, requiresPython, yanked } = file
    yield {
      fileName,
      version,
      href,
      ...(sha256 === null ? {} : { sha256 }),
      ...(sizeBytes === null ? {} : { sizeBytes }),
      uploadTimeMs: uploadedAtMs,
      ...(requiresPython === null ? {} : { requiresPython }),
      ...(file.metadataSha256 === null ? {} : { coreMetadata: file.metadataSha256 }),
      ...(yanked === null ? {} : { yanked }),
      ...(file.hasProvenance ? { provenanceHref: `${href}.provenance` } : {}),
    }
  }
}

/** RFC 9110 §12.5.3, as far as clients write it: named, and not with a weight of nothing. */
function takesGzip(header: string | undefined): boolean {
  if (header === undefined || header.length > 1024) return false
  return header
    .toLowerCase()
    .split(',')
    .some((one) => {
      const [coding = '', ...parameters] = one.split(';').map((part) => part.trim())
      return (
        (coding === 'gzip' || coding === 'x-gzip') && !parameters.some((part) => /^q=0(?:\.0*)?$/.test(part))
      )
    })
}

/** The page of all names: those that are kept or private. Throws `http.not-acceptable`. */
export function sendGateNames(
  context: Context<Bindings>,
  gate: Gate,
  reader: GateReader | undefined,
): Response {
  const media = chooseMedia(context.req.header('accept'))
  const listing = { title: `gate ${gate.name}`, names: links(gate.names(reader)) }
  const write = media.format === 'json' ? writeNamesJson : writeNamesHtml
  const headers = { 'Cache-Control': 'no-cache', Vary: 'Accept', ...shownAs(media) }
  return context.body(ReadableStream.from(write(listing)), 200, headers)
}

async function* links(names: AsyncIterable<string>): AsyncGenerator<{ name: string; href: string }> {
  for await (const name of names) yield { name, href: `${name}/` }
}
