import type { Context } from 'hono'
import type { Blob, ByteRange } from '../base/index.ts'
import { listsTag } from './entity-tag.ts'
import { httpErrors } from './errors.ts'
import { storedLocation } from './stored-location.ts'

export interface ServedFile {
  /** ASCII, without quotes and line breaks. */
  readonly fileName: string
  readonly sha256: string
  /** For what no browser must show, be it as harmless as JSON. Default: of no particular type. */
  readonly contentType?: string
}

/**
 * A stored file, streamed. Bytes of users are never shown as a page: always an attachment, by default of no particular type. The
 * digest is the strong validator, so one range may be asked for (RFC 9110 §14); several are answered with the whole.
 */
export function fileResponse(context: Context, file: ServedFile, blob: Blob): Response {
  const etag = `"${file.sha256}"`
  const headers = {
    'Content-Type': file.contentType ?? 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${file.fileName}"`,
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Checksum-SHA256': file.sha256,
    'Accept-Ranges': 'bytes',
    ETag: etag,
  }
  const known = context.req.header('if-none-match')
  if (known?.trim() === '*' || listsTag(known, etag)) return new Response(null, { status: 304, headers })
  const stored = storedLocation(context, file.sha256)
  if (stored !== undefined) return new Response(null, { headers: { ...headers, 'X-Accel-Redirect': stored } })
  const range = readRange(context, etag, blob.size)
  if (range === 'unsatisfiable') {
    return new Response(null, {
      status: 416,
      headers: { ...headers, 'Content-Range': `bytes */${blob.size}` },
    })
  }
  const body = (part?: ByteRange): ReadableStream | null =>
    context.req.method === 'HEAD' ? null : ReadableStream.from(sent(blob, part))
  if (range === undefined) {
    return new Response(body(), { headers: { ...headers, 'Content-Length': String(blob.size) } })
  }
  const partial = {
    'Content-Range': `bytes ${range.start}-${range.end}/${blob.size}`,
    'Content-Length': String(range.end - range.start + 1),
  }
  return new Response(body(range), { status: 206, headers: { ...headers, ...partial } })
}

/** What the operating system says of a file stays here: before its first byte an error is the text of the answer. */
export async function* sent(blob: Blob, part?: ByteRange): AsyncGenerator<Uint8Array> {
  try {
    yield* blob.stream(part)
  } catch (cause) {
    throw httpErrors('http.file', 'a stored file could not be read', { cause })
  }
}

function readRange(context: Context, etag: string, size: number): ByteRange | 'unsatisfiable' | undefined {
  const ifRange = context.req.header('if-range')
  if (ifRange !== undefined && ifRange !== etag) return undefined
  const match = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/.exec(context.req.header('range') ?? '')
  if (match === null) return undefined
  const [, first = '', last = ''] = match
  return first === '' ? suffixRange(last, size) : plainRange(Number(first), last, size)
}

function suffixRange(length: string, size: number): ByteRange | 'unsatisfiable' | undefined {
  if (length === '') return undefined
  if (Number(length) === 0 || size === 0) return 'unsatisfiable'
  return { start: Math.max(size - Number(length), 0), end: size - 1 }
}

function plainRange(start: number, last: string, size: number): ByteRange | 'unsatisfiable' | undefined {
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}
